// SPDX-License-Identifier: MIT OR Apache-2.0
import { parseRustcVersion, type RustcIdentity } from "../../cargo/toolchain.ts";
import { GreenError } from "../../error.ts";

/**
 * Compares a base's rustc with the local one: results of one are no good to the other.
 * @param answer how `rustc -vV` ended there
 * @throws GreenError "config" unless both are of the same commit and host
 */
export function checkRustc(
  local: Pick<RustcIdentity, "release" | "host" | "commit">,
  answer: { readonly status: number; readonly stdout: Buffer },
): void {
  const there = answer.status === 0 ? parseRustcVersion(answer.stdout.toString("latin1")) : undefined;
  if (there === undefined) {
    throw new GreenError("config", `The base image has no rustc, and this machine has ${said(local)}`, {
      hint: "set `base-image` to an image with that rustc, or have `base-image-inline` install it",
    });
  }
  const { release, host, commit } = there;
  if (release === local.release && host === local.host && commit === local.commit) return;
  throw new GreenError("config", `The base image has ${said(there)}, but this machine has ${said(local)}`, {
    hint:
      `set \`base-image\` to an image with rustc ${local.release}, ` +
      `or use that of the image here: \`rustup override set ${release}\``,
  });
}

function said({ release, host, commit }: Pick<RustcIdentity, "release" | "host" | "commit">): string {
  return `rustc ${release} (${commit.slice(0, 9)}, ${host})`;
}
