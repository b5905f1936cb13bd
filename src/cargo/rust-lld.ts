// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitIdentity } from "../unit/record.ts";
import type { RustcInvocation } from "./rustc-argv.ts";

/** Where rustc links by its own rust-lld unless it is told otherwise, and since when. */
const TRIPLE = "x86_64-unknown-linux-gnu";
const SINCE_MINOR = 90;

/**
 * True if rustc is known to link this by its own rust-lld, as 1.90 and later do on x86-64 Linux with nothing said about
 * linkers (https://blog.rust-lang.org/2025/09/01/rust-lld-on-1.90.0-stable/). That takes away the file that it
 * replaces, where others (mold) write into it, and so into all of its names.
 *
 * @param env the unit's variables: `mold -run` gets in between by `LD_PRELOAD`
 */
export function linksByRustLld(
  { linkArgs, profile, rest }: Pick<RustcInvocation, "linkArgs" | "profile" | "rest">,
  { triple, rustc }: Pick<UnitIdentity, "triple" | "rustc">,
  env: ReadonlyMap<string, string>,
): boolean {
  const minor = /^1\.(\d+)\./.exec(rustc)?.[1];
  return (
    triple === TRIPLE &&
    Number(minor ?? 0) >= SINCE_MINOR &&
    !env.has("LD_PRELOAD") &&
    linkArgs.length === 0 &&
    ![...profile.map(({ name }) => name), ...rest].some((word) => word.includes("link"))
  );
}
