// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { CrateName, Loss } from "./steps.ts";

/** What each loss takes away, as a path below a profile's directory, in either of Cargo's layouts. */
const LOST: Readonly<Record<Loss, (crate: CrateName) => RegExp>> = {
  rlib: (crate) => new RegExp(`/lib${crate}(-[0-9a-f]+)?\\.rlib$`),
  rmeta: (crate) => new RegExp(`/lib${crate}(-[0-9a-f]+)?\\.rmeta$`),
  "dynamic library": (crate) => new RegExp(`/lib${crate}(-[0-9a-f]+)?\\.so$`),
  "dep-info": (crate) => new RegExp(`/${crate}(-[0-9a-f]+)?\\.d$`),
  fingerprint: (crate) => new RegExp(`^(\\.fingerprint/${crate}-[^/]+|build/${crate}/[^/]+/fingerprint)$`),
  "build script": (crate) => new RegExp(`^build/${crate}-[^/]+$|^build/${crate}/[^/]+/(out|run)$`),
  program: () => /^app$/,
};

/** Deletes something of a crate from a target directory, in all profiles. */
export function lose(target: string, what: Loss, crate: CrateName): void {
  const lost = LOST[what](crate);
  for (const profile of ["debug", "release"]) {
    const directory = join(target, profile);
    if (!existsSync(directory)) continue;
    for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
      if (lost.test(name)) rmSync(join(directory, name), { recursive: true, force: true });
    }
  }
}
