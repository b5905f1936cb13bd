// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { loadedBytes } from "../cargo/loaded-bytes.ts";
import { type NamedPlace, sourcesInBytes } from "../cargo/sources-in-bytes.ts";
import type { Digest } from "../unit/digest.ts";
import type { PlanContext } from "./plan-context.ts";

const NAMESPACE = "sources-in-code";

/**
 * Directories of packages that cannot change and that an executable names: openssl-src and its like bring sources
 * along, and whoever runs their code reads them. The executable is in the key with all that it was compiled from,
 * checksums included, so these need not be.
 * @param home CARGO_HOME
 * @param read the executable's bytes; asked only where they are not known
 */
export async function namedSources(
  executable: Digest,
  home: string | undefined,
  store: Pick<PlanContext["store"], "memo" | "remember">,
  read: () => Promise<Buffer>,
): Promise<readonly string[]> {
  if (home === undefined) return [];
  const key = `${executable} ${home}`;
  const known = store.memo(NAMESPACE, key);
  const places =
    known === undefined
      ? sourcesInBytes(loadedBytes(await read()), home)
      : (JSON.parse(known) as readonly NamedPlace[]);
  if (known === undefined) store.remember(NAMESPACE, key, JSON.stringify(places));
  const found = await Promise.all(places.map((place) => packagesAt(home, place)));
  return [...new Set(found.flat())];
}

/** More than one where a name begins another (`a-1.0.1`, `a-1.0.11`): nobody can tell which is meant. */
async function packagesAt(home: string, { directory, text }: NamedPlace): Promise<readonly string[]> {
  const names = await readdir(join(home, directory)).catch((): string[] => []);
  return names.filter((name) => text.startsWith(name)).map((name) => join(home, directory, name));
}
