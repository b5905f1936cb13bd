// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { canonicalKey } from "./credential-key.ts";

/** Docker's config.json and podman's auth.json, as far as they are about logging in. Keys are canonical. */
export interface AuthFile {
  readonly path: string;
  readonly auths: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** Names of helpers, without `docker-credential-`. */
  readonly credHelpers: ReadonlyMap<string, string>;
  readonly credsStore: string | undefined;
}

/** Reads a file's text; throws "config" without repeating any of it, since all of it may be secret. */
export function parseAuthFile(path: string, text: string): AuthFile {
  const document = asRecord(parse(path, text));
  if (document === undefined) throw unreadable(path);
  const auths = Object.entries(asRecord(document["auths"]) ?? {}).flatMap(([key, value]) => {
    const entry = asRecord(value);
    return entry === undefined ? [] : [[canonicalKey(key), entry] as const];
  });
  const helpers = Object.entries(asRecord(document["credHelpers"]) ?? {}).flatMap(([key, value]) =>
    typeof value === "string" && value !== "" ? [[canonicalKey(key), value] as const] : [],
  );
  const store = document["credsStore"];
  return {
    path,
    auths: new Map(auths),
    credHelpers: new Map(helpers),
    credsStore: typeof store === "string" && store !== "" ? store : undefined,
  };
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(path); // The parser's own message quotes the text.
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function unreadable(path: string): GreenError {
  return new GreenError("config", `"${path}" is no JSON object`, {
    hint: "log in again with `docker login` or `podman login`, or repair the file",
  });
}
