// SPDX-License-Identifier: MIT OR Apache-2.0
import { isStandardCompiler } from "../../cargo/standard-compiler.ts";
import type { UnitRecord } from "../../unit/record.ts";
import { pathsIn } from "../confinement.ts";
import { isEverybodys } from "../private-places.ts";
import type { StoredCall } from "../replay/call.ts";
import type { ShareableUnit } from "./pack-units.ts";

/** Names that rustup gives: https://rust-lang.github.io/rustup/concepts/toolchains.html */
const RUSTUP_NAME =
  /^=?(?:stable|beta|nightly|\d+\.\d+(?:\.\d+)?)(?:-\d{4}-\d{2}-\d{2})?(?:-[a-z0-9_]+(?:-[a-z0-9_]+){1,3})?$/;

/**
 * What of the way that a unit was called says whose it is, as the reason that it stays here; undefined if nothing does:
 * compilers and wrappers of one's own, their names and places, and what a program had set that started Cargo.
 */
export function ownCall({ record, entries }: ShareableUnit): string | undefined {
  const { inputs, invocation } = record;
  const calls = entries.map(({ entry }) => entry.call);
  const toolchains = [
    inputs["env RUSTUP_TOOLCHAIN"]?.replace(/^=/, ""),
    ...calls.map(({ env }) => env["RUSTUP_TOOLCHAIN"]),
  ];
  if (!toolchains.every(isRustups)) return "compiled by a toolchain with a name of your own";
  if (!isStandardCompiler(inputs["rustc"] ?? "rustc 1.0.0")) return "compiled by a compiler of your own";
  const words = [
    ...[invocation.program, invocation.cwd, ...Object.values(placesIn(invocation.env))],
    ...calls.flatMap((call) => [
      ...call.argv.slice(0, 2),
      call.cwd,
      ...Object.values(placesIn(call.env)),
      ...Object.values(call.before),
    ]),
  ];
  const place = words.flatMap(pathsOrPlaceholders).find((path) => !isOfAnyCheckout(path));
  if (place !== undefined) return `called with a place of your own (${place})`;
  const generated = [invocation, ...calls].map(({ env }) => env["OUT_DIR"]);
  if (!generated.every((path) => path === undefined || isOutDirOf(path, record)))
    return "was told the OUT_DIR of another package";
  return undefined;
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
function isOutDirOf(path: string, { identity }: UnitRecord): boolean {
  const parts = path.split("/");
  const at = parts.lastIndexOf("build");
  const name = parts[at + 1] ?? "";
  return at >= 0 && (name === identity.package || name.replace(/-[0-9a-f]{16}$/, "") === identity.package);
}
