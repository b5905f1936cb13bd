// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { GreenError } from "../../error.ts";

/** What docker's programs go by on this machine. */
export interface DockerSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home; undefined if there is none. */
  readonly home: string | undefined;
  /** A file's text; undefined if it is not there. */
  readFile(path: string): Promise<string | undefined>;
  /** Names in a directory; none if it is not there. */
  readDirectory(path: string): Promise<readonly string[]>;
  /** True if a socket is there and may be used; undefined if there is none. */
  mayUse(socket: string): Promise<boolean | undefined>;
}

/** A variable that is set to something. Docker takes empty ones for unset. */
export function variable({ env }: DockerSources, name: string): string | undefined {
  return env[name] || undefined;
}

/** `DOCKER_CONFIG`, else `~/.docker` (cli v28, `cli/config`); undefined without a home. */
export function dockerDirectory(sources: DockerSources): string | undefined {
  const own = variable(sources, "DOCKER_CONFIG");
  if (own !== undefined) return own;
  return sources.home === undefined ? undefined : join(sources.home, ".docker");
}

/**
 * A JSON file of docker's; undefined if it is not there.
 * @throws GreenError "config" if it is no JSON object; nothing of it is repeated, as there may be secrets in it
 */
export async function readJson(
  path: string,
  sources: DockerSources,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await sources.readFile(path);
  if (text === undefined) return undefined;
  const value = asRecord(parsed(text));
  if (value !== undefined) return value;
  throw new GreenError("config", `"${path}" is no JSON object`, {
    hint: "repair it, or make it anew with docker",
  });
}

/** An object that is no array; undefined for anything else. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as Readonly<Record<string, unknown>>) : undefined;
}

/** A text that is not empty; undefined for anything else. */
export function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
