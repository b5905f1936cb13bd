// SPDX-License-Identifier: MIT OR Apache-2.0
import type { DockerSources } from "../../engine/docker-files.ts";
import type { TlsFiles } from "../../stream/stream-address.ts";
import type { BuilderAt, BuilderPlace } from "./builder-place.ts";
import { engineNamed, parseBuildKitUrl } from "./builder-url.ts";
import type { BuildxBuilder, BuildxNode } from "./buildx-store.ts";

/** What buildx puts before a node's name to call its container (buildx 0.29, `driver/driver.go`). */
const CONTAINER_PREFIX = "buildx_buildkit_";

/**
 * Where a builder of buildx is. Of one with several nodes, that is the first: they are there for several platforms.
 * @throws GreenError "config" for an endpoint that makes no sense
 */
export async function buildxPlace(
  builder: BuildxBuilder,
  from: string,
  sources: DockerSources,
): Promise<BuilderPlace> {
  const { name, driver, nodes } = builder;
  const title = `buildx builder ${name}`;
  return { name, title, source: "buildx", from, at: await nodeAt(driver, nodes[0], title, sources) };
}

async function nodeAt(
  driver: string,
  node: BuildxNode,
  from: string,
  sources: DockerSources,
): Promise<BuilderAt> {
  const { endpoint } = node;
  switch (driver) {
    case "docker":
      return { driver, engine: await engineNamed(endpoint, from, undefined, sources) };
    case "docker-container": {
      const engine = await engineNamed(endpoint, from, undefined, sources);
      return { driver, container: `${CONTAINER_PREFIX}${node.name}`, engine };
    }
    case "remote":
      return parseBuildKitUrl({ url: endpoint, from, tls: tlsOf(node), engine: undefined }, sources);
    default:
      return {
        driver: "unsupported",
        what: driver === "kubernetes" ? "Kubernetes" : `the driver ${driver}`,
        endpoint,
      };
  }
}

/** Options of the remote driver (buildx 0.29, `driver/remote/factory.go`). */
function tlsOf({
  driverOpts: { cacert: ca, cert, key, servername: serverName },
}: BuildxNode): TlsFiles | undefined {
  const said = [ca, cert, key, serverName].some((each) => each !== undefined);
  return said ? { ca, cert, key, serverName, verify: true } : undefined;
}
