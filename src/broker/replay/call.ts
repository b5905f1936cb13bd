// SPDX-License-Identifier: MIT OR Apache-2.0
import { classifyEnv } from "../../cargo/env-policy.ts";
import { expandText, normaliseText, type PathRoots } from "../../cargo/roots.ts";
import type { Role, ShimRequest } from "../protocol.ts";
import { OverlaidMap } from "./overlaid-map.ts";

/** A request of a shim without this machine's places, so that it can be made again before Cargo makes it. */
export interface StoredCall {
  readonly role: Role;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** What Cargo set. */
  readonly env: Readonly<Record<string, string>>;
  /** What Cargo or rustup put in front of the user's own list of directories, without the separator. */
  readonly before: Readonly<Record<string, string>>;
}

/** Lists that Cargo and rustup put directories in front of. */
const LISTS: ReadonlySet<string> = new Set(["PATH", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"]);
/** Set by rustup's proxies. Where the user or a proxy has set one already, that is right for this machine. */
const RUSTUP: ReadonlySet<string> = new Set(["RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CARGO_HOME"]);
/** Set where a proxy started us, as it does for `cargo green`: another one of the user's may have to yet. */
const BELOW_RUSTUP = "RUST_RECURSION_COUNT";

/**
 * What a request would be anywhere else; undefined if that cannot be told, as a list was not just added to.
 *
 * @param ambient The environment that Cargo was started with: what differs from it is Cargo's doing.
 */
export function storeCall(
  { role, argv, cwd, env: whole }: ShimRequest,
  ambient: ReadonlyMap<string, string>,
  roots: PathRoots,
): StoredCall | undefined {
  const env: Record<string, string> = {};
  const before: Record<string, string> = {};
  const isBelowRustup = ambient.has(BELOW_RUSTUP);
  const isCargos = (name: string, value: string) => {
    const kind = classifyEnv(name);
    if (kind === "cargo" || (isBelowRustup && RUSTUP.has(name))) return true;
    return ambient.get(name) !== value && kind !== "bookkeeping";
  };
  for (const [name, value] of whole) {
    if (LISTS.has(name)) {
      const added = directoriesBefore(ambient.get(name), value);
      if (added === undefined) return undefined;
      if (added !== "") before[name] = normaliseText(added, roots);
    } else if (isCargos(name, value)) {
      env[name] = normaliseText(value, roots);
    }
  }
  const place = (text: string) => normaliseText(text, roots);
  return { role, argv: argv.map(place), cwd: place(cwd), env, before };
}

/** The request that Cargo would make here. Throws as `expandText` does. */
export function requestOf(
  { role, argv, cwd, env, before }: StoredCall,
  ambient: ReadonlyMap<string, string>,
  roots: PathRoots,
): ShimRequest {
  const place = (text: string) => expandText(text, roots);
  const own = new Map<string, string>();
  for (const name of Object.keys(env)) {
    if (!(RUSTUP.has(name) && ambient.has(name))) own.set(name, place(env[name] ?? ""));
  }
  for (const [name, value] of Object.entries(before)) {
    const theirs = ambient.get(name);
    own.set(name, theirs === undefined ? place(value) : `${place(value)}:${theirs}`);
  }
  return { role, argv: argv.map(place), cwd: place(cwd), env: new OverlaidMap(ambient, own) };
}

/** What stands in a list before another one; undefined if that is not its end. */
function directoriesBefore(theirs: string | undefined, value: string): string | undefined {
  if (theirs === undefined) return value;
  if (value === theirs) return "";
  return value.endsWith(`:${theirs}`) ? value.slice(0, -theirs.length - 1) : undefined;
}
