// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** Shells' words for a program that is not there: dash's, busybox's, bash's. */
const ABSENT = /\b(rustup|apt|apt-get|apk): (?:command )?not found/;
const RUSTUP =
  "set `base-image` to one that has it, as the official `rust` images do, or have `add.apt` or `base-image-inline` " +
  "install what is to be added";
const PACKAGES = "name packages in the setting of the image's own package manager: `add.apt` or `add.apk`";

/** Why a base image could not be made, where it lacks what the settings need for that; else what was thrown. */
export function explainBase(thrown: unknown): unknown {
  if (!(thrown instanceof GreenError)) return thrown;
  const [, program] = ABSENT.exec(thrown.message) ?? [];
  if (program === undefined) return thrown;
  const isRustup = program === "rustup";
  const settings = isRustup ? "`components` and `--target` need" : `\`add.${program}\` needs`;
  return new GreenError("config", `The base image has no ${program}, which ${settings}`, {
    ...{ hint: isRustup ? RUSTUP : PACKAGES, side: thrown.side, cause: thrown },
  });
}
