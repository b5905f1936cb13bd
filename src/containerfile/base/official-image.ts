// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RustcIdentity } from "../../cargo/toolchain.ts";
import { GreenError } from "../../error.ts";

/** What a rustc says of itself. */
export type RustcVersion = Pick<RustcIdentity, "release" | "host">;

/**
 * The official image with a rustc: https://hub.docker.com/_/rust
 * @throws GreenError "environment" for a rustc that is no release
 */
export function officialImage({ release }: Pick<RustcVersion, "release">): string {
  if (/^\d+\.\d+\.\d+$/.test(release)) return `docker.io/library/rust:${release}-slim`;
  throw new GreenError("environment", `There is no official image with rustc ${release}`, {
    hint: "set `base-image` to an image that has it, or compile with a release",
  });
}
