// SPDX-License-Identifier: MIT OR Apache-2.0
import { classifyEnv } from "../cargo/env-policy.ts";
import { loadedBytes } from "../cargo/loaded-bytes.ts";
import { namesInBytes } from "../cargo/names-in-bytes.ts";
import { type Digest, digestOf } from "../unit/digest.ts";

/** What is needed of the store: stored bytes, and a memo of what was found in them. */
export interface ExecutableStore {
  read(digest: Digest): Promise<Buffer>;
  memo(namespace: string, key: string): string | undefined;
  remember(namespace: string, key: string, value: string): void;
}

const NAMESPACE = "env-names-in-code";
/** What no name of a variable holds; blanks they may. */
const SEPARATOR = "=";

/**
 * Which of the variables that are set does this code know by name?
 * Proc-macros and build scripts read variables without declaring them; a name that they look up literally stands
 * in what they have in memory. Found names become inputs, so that a result is never used under another value.
 */
export async function namesReadBy(
  executables: readonly Digest[],
  env: ReadonlyMap<string, string>,
  store: ExecutableStore,
): Promise<readonly string[]> {
  if (executables.length === 0) return []; // as of most units
  const names = [...env.keys()].filter((name) => classifyEnv(name) !== "bookkeeping").sort();
  const question = digestOf(names.join(SEPARATOR));
  const found = new Set<string>();
  for (const digest of executables) {
    for (const name of await namesInExecutable(digest, names, question, store)) found.add(name);
  }
  return [...found].sort();
}

/**
 * One answer per executable and set of names: environments hardly change from build to build.
 * @param question a digest of the names
 */
async function namesInExecutable(
  digest: Digest,
  names: readonly string[],
  question: Digest,
  store: ExecutableStore,
): Promise<readonly string[]> {
  const key = `${digest} ${question}`;
  const known = store.memo(NAMESPACE, key);
  if (known !== undefined) return known === "" ? [] : known.split(SEPARATOR);
  const asBytes = new Map(names.map((name) => [Buffer.from(name, "utf8").toString("latin1"), name]));
  const found = [...namesInBytes(loadedBytes(await store.read(digest)), asBytes.keys())].flatMap(
    (bytes) => asBytes.get(bytes) ?? [],
  );
  store.remember(NAMESPACE, key, found.join(SEPARATOR));
  return found;
}
