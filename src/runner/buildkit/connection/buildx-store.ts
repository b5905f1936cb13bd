// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { join } from "node:path";
import { GreenError } from "../../../error.ts";
import {
  asRecord,
  asText,
  type DockerSources,
  dockerDirectory,
  readJson,
  variable,
} from "../../engine/docker-files.ts";

/** A builder as `docker buildx create` keeps it (buildx 0.29, `store`). */
export interface BuildxBuilder {
  readonly name: string;
  readonly driver: string;
  readonly nodes: readonly [BuildxNode, ...BuildxNode[]];
}

/** One of the machines of a builder. */
export interface BuildxNode {
  readonly name: string;
  /** A docker context, or an address; what that means depends on the driver. */
  readonly endpoint: string;
  readonly driverOpts: Readonly<Record<string, string>>;
}

/** What buildx lets a builder be called; it finds them by the name in lower case (`store/util.go`). */
const NAME = /^[a-zA-Z][a-zA-Z0-9.\-_]*$/;

/** `BUILDX_CONFIG`, else `buildx` in docker's directory; undefined without a home. */
function buildxDirectory(sources: DockerSources): string | undefined {
  const own = variable(sources, "BUILDX_CONFIG");
  if (own !== undefined) return own;
  const docker = dockerDirectory(sources);
  return docker === undefined ? undefined : join(docker, "buildx");
}

/** The builder of that name; undefined if there is none. Throws "config" if its file is damaged. */
export async function readBuildx(name: string, sources: DockerSources): Promise<BuildxBuilder | undefined> {
  const directory = buildxDirectory(sources);
  if (directory === undefined || !NAME.test(name)) return undefined;
  const path = join(directory, "instances", name.toLowerCase());
  const group = await readJson(path, sources);
  return group && parseGroup(group, path);
}

/** All builders, by name. Throws "config" if a file is damaged. */
export async function listBuildx(sources: DockerSources): Promise<readonly BuildxBuilder[]> {
  const directory = buildxDirectory(sources);
  const names = directory === undefined ? [] : await sources.readDirectory(join(directory, "instances"));
  const builders = await Promise.all(names.toSorted().map((name) => readBuildx(name, sources)));
  return builders.filter((each) => each !== undefined);
}

/**
 * The builder that `docker buildx use` made the current one for an engine; undefined if none was, so that the engine
 * itself is. Nothing is written, where buildx would note what it found (`Txn.Current` in `store/store.go`).
 *
 * @param endpoint the current docker context, or the address of the default one's engine
 */
export async function currentBuildx(
  endpoint: string,
  sources: DockerSources,
): Promise<BuildxBuilder | undefined> {
  const directory = buildxDirectory(sources);
  if (directory === undefined) return undefined;
  const current = await readJson(join(directory, "current"), sources);
  const name = asText(current?.["Name"]);
  if (name !== undefined && (current?.["Global"] === true || current?.["Key"] === endpoint)) {
    const found = await readBuildx(name, sources);
    if (found !== undefined || current?.["Key"] === endpoint) return found;
  }
  const key = createHash("sha256").update(endpoint).digest("hex").slice(0, 20);
  const usual = await sources.readFile(join(directory, "defaults", key));
  return usual === undefined ? undefined : readBuildx(usual, sources);
}

function parseGroup(group: Readonly<Record<string, unknown>>, path: string): BuildxBuilder {
  const [name, driver] = [asText(group["Name"]), asText(group["Driver"])];
  const [first, ...others] = Array.isArray(group["Nodes"]) ? group["Nodes"].map(parseNode) : [];
  if (name !== undefined && driver !== undefined && first !== undefined) {
    return { name, driver, nodes: [first, ...others.filter((each) => each !== undefined)] };
  }
  throw new GreenError("config", `"${path}" does not say where the builder is`, {
    hint: "see `docker buildx inspect`, or make it anew with `docker buildx rm` and `create`",
  });
}

function parseNode(value: unknown): BuildxNode | undefined {
  const node = asRecord(value);
  const [name, endpoint] = [asText(node?.["Name"]), asText(node?.["Endpoint"])];
  if (name === undefined || endpoint === undefined) return undefined;
  const options = Object.entries(asRecord(node?.["DriverOpts"]) ?? {});
  return {
    name,
    endpoint,
    driverOpts: Object.fromEntries(options.map(([key, text]) => [key, String(text)])),
  };
}
