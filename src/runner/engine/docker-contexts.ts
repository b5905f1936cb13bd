// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { join } from "node:path";
import { GreenError } from "../../error.ts";
import { asRecord, asText, type DockerSources, dockerDirectory, readJson, variable } from "./docker-files.ts";

/** The context that stands for the variables and the usual socket. */
export const DEFAULT_CONTEXT = "default";

/** A context's engine, as `docker context create` keeps it (cli v28, `cli/context`). */
export interface DockerContext {
  readonly name: string;
  readonly description: string | undefined;
  readonly host: string;
  readonly skipTlsVerify: boolean;
  /** PEM files that are there. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/**
 * The name of the current context, and what says so; `default` if nothing does (`resolveContextName` of cli v28).
 * A `DOCKER_HOST` makes it `default`.
 */
export async function currentContext(
  sources: DockerSources,
): Promise<{ readonly name: string; readonly from: string }> {
  if (variable(sources, "DOCKER_HOST") !== undefined) return { name: DEFAULT_CONTEXT, from: "DOCKER_HOST" };
  const chosen = variable(sources, "DOCKER_CONTEXT");
  if (chosen !== undefined) return { name: chosen, from: "DOCKER_CONTEXT" };
  const directory = dockerDirectory(sources);
  const path = directory === undefined ? undefined : join(directory, "config.json");
  const current =
    path === undefined ? undefined : asText((await readJson(path, sources))?.["currentContext"]);
  return current === undefined || path === undefined
    ? { name: DEFAULT_CONTEXT, from: "default" }
    : { name: current, from: path };
}

/** The context of that name; undefined if there is none, which is so for `default`. Throws "config" if it is damaged. */
export async function readContext(name: string, sources: DockerSources): Promise<DockerContext | undefined> {
  const directory = dockerDirectory(sources);
  if (directory === undefined) return undefined;
  return readContextIn(join(directory, "contexts"), contextDirectory(name), sources);
}

/** All contexts but `default`, by name. Throws "config" if one is damaged. */
export async function listContexts(sources: DockerSources): Promise<readonly DockerContext[]> {
  const directory = dockerDirectory(sources);
  if (directory === undefined) return [];
  const root = join(directory, "contexts");
  const ids = await sources.readDirectory(join(root, "meta"));
  const contexts = await Promise.all(ids.map((id) => readContextIn(root, id, sources)));
  return contexts.filter((each) => each !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The error for a name that is no context. */
export function unknownContext(name: string, from: string, known: readonly DockerContext[]): GreenError {
  const names = [DEFAULT_CONTEXT, ...known.map((each) => each.name)];
  return new GreenError("config", `${from}: there is no docker context "${name}"`, {
    hint: `there are ${names.join(", ")}; \`docker context ls\` shows them`,
  });
}

function contextDirectory(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

async function readContextIn(
  root: string,
  id: string,
  sources: DockerSources,
): Promise<DockerContext | undefined> {
  const meta = await readJson(join(root, "meta", id, "meta.json"), sources);
  if (meta === undefined) return undefined;
  const name = asText(meta["Name"]);
  const engine = asRecord(asRecord(meta["Endpoints"])?.["docker"]);
  const host = asText(engine?.["Host"]);
  if (name === undefined || engine === undefined || host === undefined) {
    throw new GreenError("config", `The docker context "${name ?? id}" has no docker endpoint`, {
      hint: "see `docker context inspect`, or make it anew",
    });
  }
  const directory = join(root, "tls", id, "docker");
  const files = new Set(await sources.readDirectory(directory));
  const file = (key: "ca" | "cert" | "key") =>
    files.has(`${key}.pem`) ? { [key]: join(directory, `${key}.pem`) } : {};
  return {
    ...{ name, host, description: asText(asRecord(meta["Metadata"])?.["Description"]) },
    skipTlsVerify: engine["SkipTLSVerify"] === true,
    tls: { ...file("ca"), ...file("cert"), ...file("key") },
  };
}
