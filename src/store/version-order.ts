// SPDX-License-Identifier: MIT OR Apache-2.0

/** A number whose text sorts as its value does: its digits after a letter for how many they are. */
function sortableNumber(digits: string): string {
  const bare = digits.replace(/^0+(?=\d)/, "");
  return String.fromCharCode(0x60 + Math.min(bare.length, 26)) + bare;
}

/**
 * Text that sorts (by code point, as SQLite does) in the order of semver precedence, for `ORDER BY`.
 * A pre-release comes before its release; what is no semver sorts somewhere.
 * https://semver.org/spec/v2.0.0.html#spec-item-11
 */
export function versionOrder(version: string): string {
  const [withoutBuild = "", ...build] = version.split("+");
  const dash = withoutBuild.indexOf("-");
  const core = dash < 0 ? withoutBuild : withoutBuild.slice(0, dash);
  const numbers = core
    .split(".")
    .map((part) => (/^\d+$/.test(part) ? sortableNumber(part) : part))
    .join(".");
  const suffix = build.length === 0 ? "" : `+${build.join("+")}`;
  if (dash < 0) return `${numbers}~${suffix}`; // "~" sorts after the "-" of a pre-release
  const identifiers = withoutBuild.slice(dash + 1).split(".");
  // Numeric identifiers sort before alphanumeric ones, and fewer identifiers before more.
  const encoded = identifiers.map((part) => (/^\d+$/.test(part) ? `0${sortableNumber(part)}` : `1${part}`));
  return `${numbers}-${encoded.map((part) => `${part}!`).join("")}${suffix}`;
}
