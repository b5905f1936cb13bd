// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { type AuthFile, parseAuthFile } from "./auth-file.ts";
import type { Credential, CredentialProvider } from "./credential.ts";
import { helperServer, keysOf } from "./credential-key.ts";
import type { HelperRunner } from "./run-helper.ts";
import { storedCredential } from "./stored-credential.ts";

export interface CredentialSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string | undefined;
  /** A file's text; undefined if it is not there. */
  readFile(path: string): Promise<string | undefined>;
  readonly runHelper: HelperRunner;
}

/**
 * Finds credentials where `docker login` and `podman login` leave them. The first file that knows the host wins; in
 * each of them the most specific key.
 */
export function createCredentialProvider(sources: CredentialSources): CredentialProvider {
  return async (host, repository) => {
    for (const path of authFiles(sources)) {
      const text = await sources.readFile(path);
      if (text === undefined) continue;
      const found = await lookUp(parseAuthFile(path, text), host, repository, sources.runHelper);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/**
 * Where to look, in this order: the file that was named for this purpose, Docker's (cli v28, `cli/config`), podman's
 * (containers-auth.json(5) of containers/image 5.36).
 */
function authFiles({ env, home }: CredentialSources): readonly string[] {
  const inHome = (...parts: string[]) => (home === undefined ? undefined : join(home, ...parts));
  const below = (directory: string | undefined, ...parts: string[]) =>
    directory === undefined || directory === "" ? undefined : join(directory, ...parts);
  return [
    env["REGISTRY_AUTH_FILE"] || undefined,
    below(env["DOCKER_CONFIG"], "config.json") ?? inHome(".docker", "config.json"),
    below(env["XDG_RUNTIME_DIR"], "containers", "auth.json"),
    below(env["XDG_CONFIG_HOME"], "containers", "auth.json") ?? inHome(".config", "containers", "auth.json"),
  ].filter((path) => path !== undefined);
}

/** As Docker does: a helper for this host, else the helper for all hosts, else what stands in the file itself. */
async function lookUp(
  file: AuthFile,
  host: string,
  repository: string,
  runHelper: HelperRunner,
): Promise<Credential | undefined> {
  const keys = keysOf(host, repository);
  const helper = firstOf(keys, file.credHelpers) ?? file.credsStore;
  const helped = helper === undefined ? undefined : await runHelper(helper, helperServer(host));
  if (helped !== undefined) return helped;
  for (const key of keys) {
    const entry = file.auths.get(key);
    const stored = entry === undefined ? undefined : storedCredential(entry, file.path, key);
    if (stored !== undefined) return stored;
  }
  return undefined;
}

function firstOf<T>(keys: readonly string[], map: ReadonlyMap<string, T>): T | undefined {
  const key = keys.find((each) => map.has(each));
  return key === undefined ? undefined : map.get(key);
}
