// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { CrateName, Loss } from "./steps.ts";

/** What each loss takes away, as a path below a profile's directory, in either of Cargo's layouts. */
const LOST: Readonly<Record<Loss, (crate: CrateName) => RegExp>> = {
  rlib: (crate) => new RegExp(`(^|/)lib${crate}(-[0-9a-f]+)?\\.rlib$`),
  rmeta: (crate) => new RegExp(`(^|/)lib${crate}(-[0-9a-f]+)?\\.rmeta$`),
  "dynamic library": (crate) => new RegExp(`(^|/)lib${crate}(-[0-9a-f]+)?\\.so$`),
  "dep-info": (crate) => new RegExp(`(^|/)${crate}(-[0-9a-f]+)?\\.d$`),
  fingerprint: (crate) => new RegExp(`^(\\.fingerprint/${crate}-[^/]+|build/${crate}/[^/]+/fingerprint)$`),
  "build script": (crate) => new RegExp(`^build/${crate}-[^/]+$|^build/${crate}/[^/]+/(out|run)$`),
  program: () => /^app$/,
};

/** Deletes something of a crate from a target directory, in all profiles and for all triples. */
export function lose(target: string, what: Loss, crate: CrateName): void {
  if (!existsSync(target)) return;
  const lost = LOST[what](crate);
  for (const name of readdirSync(target, { recursive: true, encoding: "utf8" })) {
    const inProfile = /^(?:[^/]+\/)?(?:debug|release)\/(.*)$/.exec(name)?.[1] ?? "";
    if (lost.test(inProfile)) rmSync(join(target, name), { recursive: true, force: true });
  }
}
