// SPDX-License-Identifier: MIT OR Apache-2.0
import { createLimiter } from "../../limiter.ts";
import type { CredentialProvider } from "../../remote/credentials/credential.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { BuilderEvent } from "../container/builder-event.ts";
import type { CacheExporter } from "../container/cache-exporter.ts";
import type { ContainerRunner } from "../container/container-runner.ts";
import { type Lent, NOTHING_LENT } from "../container/lent.ts";
import type { BuilderEndpoint } from "./builder-endpoint.ts";
import { builderLinks } from "./builder-links.ts";
import { BuildKitRunner } from "./buildkit-runner.ts";
import type { CacheEntry } from "./cache-entry.ts";
import { content } from "./session/content.ts";
import { type ContentStore, contentDirectory } from "./session/content-directory.ts";
import { fileSync } from "./session/file-sync.ts";
import { health } from "./session/health.ts";
import { lendAgents } from "./session/lend-agents.ts";
import { lendSecrets } from "./session/lend-secrets.ts";
import { createOffers } from "./session/offers.ts";
import { registryLogin } from "./session/registry-login.ts";
import type { SessionService } from "./session/session-service.ts";

export interface BuildKitRunnerOptions {
  readonly endpoint: BuilderEndpoint;
  /**
   * Names a user of a machine, the same the next time: what a builder was sent by him is not sent, nor compared, again,
   * whatever is built, as sources are known by their content. Others who use the same builder should have other names.
   */
  readonly sender: string;
  /** What the builder logs in with at registries, for base images. */
  readonly credentials: CredentialProvider;
  /** What steps of base images may use. Default: nothing. */
  readonly lent?: Lent | undefined;
  /** Caches that the builder reads. Default: none. */
  readonly cacheFrom?: readonly CacheEntry[] | undefined;
  /** Directories of this machine that caches are in. Default: none. */
  readonly cacheDirectories?: readonly string[] | undefined;
  /** So many units run at once; what comes of them is read meanwhile. Default: MOST_AT_ONCE. */
  readonly atOnce?: number | undefined;
  /** Ends the attempt to connect; afterwards it means nothing. */
  readonly signal?: AbortSignal | undefined;
  /** Told what is sent to the builder. */
  readonly observe?: ((event: BuilderEvent) => void) | undefined;
}

/** Cargo decides how many units it asks for at once; this keeps below what one connection bears, 250 calls. */
const MOST_AT_ONCE = 32;

/** Connects to a builder. Throws GreenError if it cannot, or the signal's reason. The runner closes the endpoint. */
export async function openBuildKitRunner(
  options: BuildKitRunnerOptions,
): Promise<ContainerRunner & CacheExporter> {
  const { endpoint, sender, atOnce = MOST_AT_ONCE, observe = () => {}, lent = NOTHING_LENT } = options;
  const closing = new AbortController();
  const offers = createOffers();
  const services: readonly SessionService[] = [
    health,
    fileSync(offers, observe),
    registryLogin(options.credentials),
    ...(lent.secrets.length === 0 ? [] : [lendSecrets(lent.secrets, lent.env)]),
    ...(lent.agents.length === 0 ? [] : [lendAgents(lent.agents)]),
    content(localCaches(options.cacheDirectories ?? [])),
  ];
  const { cacheFrom: imports = [] } = options;
  const links = await builderLinks({
    ...{ endpoint, sender, services, imports, observe, signal: closing.signal },
  });
  const runner = new BuildKitRunner({
    side: endpoint.name,
    links,
    offers,
    limit: createLimiter(MOST_AT_ONCE),
    solves: createLimiter(atOnce),
    closing,
  });
  try {
    await untilAborted(runner.connect(), options.signal);
  } catch (thrown) {
    await runner.close();
    throw thrown;
  }
  return runner;
}

/** By what builders know the stores of local caches: `cache/remotecache/local` of BuildKit 0.25. */
function localCaches(directories: readonly string[]): ReadonlyMap<string, ContentStore> {
  return new Map(directories.map((directory) => [`local:${directory}`, contentDirectory(directory)]));
}
