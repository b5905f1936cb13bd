// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerBase } from "../../../src/containerfile/container-unit.ts";

/** The steps by which a stage says what is in it. */
const STEPS = /^(?:USER 0:0\n)?RUN \["\/bin\/sh", [\\`]\n {4}"-c", [\\`]\n {4}".*cargo-green-begins.*"\]\n/gm;

/** A stage's text without the two steps by which it says what is in it; an image as it is. */
export function withoutContents(base: ContainerBase): string | ContainerBase {
  if (base.kind === "image") return base;
  const steps = base.containerfile.match(STEPS) ?? [];
  return steps.length === 2 ? base.containerfile.replaceAll(STEPS, "") : `${steps.length} steps`;
}
