// SPDX-License-Identifier: MIT OR Apache-2.0
import Range from "semver/classes/range.js";
import { GreenError } from "../error.ts";

/**
 * Those of `versions` that a semver range includes, pre-releases (nightly compilers) as well.
 * Commas, as Cargo writes them, and spaces both mean "and". Throws GreenError "usage" for what is no range.
 */
export function versionsIn(versions: readonly string[], range: string): string[] {
  let parsed: Range;
  try {
    parsed = new Range(range.replaceAll(",", " "), { includePrerelease: true });
  } catch (thrown) {
    throw new GreenError("usage", `"${range}" is not a version range`, {
      hint: "Write it like `^1.0.200` or `>=1.90 <1.96`",
      cause: thrown,
    });
  }
  return versions.filter((version) => {
    try {
      return parsed.test(version);
    } catch {
      return false; // no semver
    }
  });
}
