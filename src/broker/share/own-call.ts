// SPDX-License-Identifier: MIT OR Apache-2.0
import { isStandardTriple } from "../../cargo/rustc-names.ts";
import { isStandardCompiler } from "../../cargo/standard-compiler.ts";
import { isStandardProfile } from "../../cargo/standard-profile.ts";
import type { UnitIdentity, UnitRecord } from "../../unit/record.ts";
import { pathsIn } from "../confinement.ts";
import { isEverybodys } from "../private-places.ts";
import type { StoredCall } from "../replay/call.ts";
import type { ReplayEntry } from "../replay/entry.ts";

/** Names that rustup gives: https://rust-lang.github.io/rustup/concepts/toolchains.html */
const RUSTUP_NAME =
  /^=?(?:stable|beta|nightly|\d+\.\d+(?:\.\d+)?)(?:-\d{4}-\d{2}-\d{2})?(?:-[a-z0-9_]+(?:-[a-z0-9_]+){1,3})?$/;

/**
 * What of the way that a unit was made says whose it is, as the reason that it stays here; undefined if nothing does:
 * compilers and wrappers of one's own, their names and places, and what a program had set that started Cargo.
 */
export function ownMaking({ inputs, invocation, identity }: UnitRecord): string | undefined {
  if (!isRustups(inputs["env RUSTUP_TOOLCHAIN"]?.replace(/^=/, "")))
    return "compiled by a toolchain with a name of your own";
  if (!isStandardCompiler(inputs["rustc"] ?? "rustc 1.0.0")) return "compiled by a compiler of your own";
  const { program, cwd, argv, env } = invocation;
  const place = ownPlace([program, cwd, ...Object.values(placesIn(env))]);
  if (place !== undefined) return `called with a place of your own (${place})`;
  if (!isOutDirOf(env["OUT_DIR"], identity)) return "was told the OUT_DIR of another package";
  return isStandardTarget([...argv, env["OUT_DIR"]])
    ? undefined
    : "made with a profile or target of your own";
}

/**
 * True if the way that a unit is laid down says whose it is: another build may have called it as nobody else would, and
 * have found what everybody's builds left.
 */
export function isOwnEntry({ hasOwnPlan = false, call }: ReplayEntry, { identity }: UnitRecord): boolean {
  const { argv, cwd, env, before } = call;
  const words = [...argv.slice(0, 2), cwd, ...Object.values(placesIn(env)), ...Object.values(before)];
  return (
    hasOwnPlan ||
    !isRustups(env["RUSTUP_TOOLCHAIN"]) ||
    ownPlace(words) !== undefined ||
    !isOutDirOf(env["OUT_DIR"], identity) ||
    !isStandardTarget([...argv, env["OUT_DIR"]])
  );
}

function ownPlace(words: readonly string[]): string | undefined {
  return words.flatMap(pathsOrPlaceholders).find((path) => !isOfAnyCheckout(path));
}

/** True if the directories of the target directory are those of profiles and targets that everybody has. */
function isStandardTarget(words: readonly (string | undefined)[]): boolean {
  return words.every((word = "") =>
    [...word.matchAll(/@@green:TARGET@@\/([^/\s]+)(?:\/([^/\s]+))?/g)].every(
      ([, first = "", second = ""]) =>
        isStandardProfile(first) || (isStandardTriple(first) && isStandardProfile(second)),
    ),
  );
}

function isRustups(name: string | undefined): boolean {
  return name === undefined || name === "(unset)" || RUSTUP_NAME.test(name);
}

/** Variables of Cargo's that name programs and places; what a manifest says may have slashes too. */
function placesIn(env: StoredCall["env"]): StoredCall["env"] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^CARGO_(PKG|FEATURE|CFG)_/.test(name)));
}

function pathsOrPlaceholders(word: string): readonly string[] {
  return [...pathsIn(word), ...(word.match(/@@green:[A-Z_]+@@[^\s:;,'"]*/g) ?? [])];
}

/** The directory itself that a build is made in has no name any more. */
function isOfAnyCheckout(path: string): boolean {
  return isEverybodys(path) || /^@@green:(WORKSPACE|PACKAGE)@@\/?$/.test(path) || IN_HOME.test(path);
}

/** Where rustup and Cargo are, unless somebody has moved them. */
const IN_HOME = /^@@green:(HOME@@\/\.cargo|CARGO_HOME@@|RUSTUP_HOME@@\/toolchains\/[^/]+)\/(bin|lib)(\/|$)/;

/** `…/build/<package>-<hash>/out`, and `…/build/<package>/<hash>/out` in the newer layout. */
function isOutDirOf(path: string | undefined, identity: UnitIdentity): boolean {
  if (path === undefined) return true;
  const parts = path.split("/");
  const at = parts.lastIndexOf("build");
  const name = parts[at + 1] ?? "";
  return at >= 0 && (name === identity.package || name.replace(/-[0-9a-f]{16}$/, "") === identity.package);
}
