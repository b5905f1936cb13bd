// SPDX-License-Identifier: MIT OR Apache-2.0
import { UNIT_KINDS, type UnitIdentity, type UnitKind } from "../unit/record.ts";

/**
 * Says what a unit is, as a package URL whose qualifiers are the rest of its identity, sorted by name:
 * `pkg:cargo/serde@1.0.228?features=derive,std&kind=lib&…`. One word for shells, and for who splits at spaces.
 * https://github.com/package-url/purl-spec, PURL-SPECIFICATION.rst 1.0.0
 */
export function unitUrl(identity: UnitIdentity): string {
  const { package: name, version, features, ...rest } = identity;
  const list = features.map(encodeURIComponent).join(",");
  const plain = Object.entries(rest).map(([key, value]) => [key, encodeURIComponent(value)] as const);
  const qualifiers = [...plain, ["features", list] as const]
    .filter(([, value]) => value !== "")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  return `pkg:cargo/${encodeURIComponent(name)}@${encodeURIComponent(version)}?${qualifiers.join("&")}`;
}

const URL_PARTS = /^pkg:cargo\/([^@?#/]+)@([^@?#]+)\?([^?#]+)$/;
const SOURCES = ["crates-io", "registry", "git", "vendored", "path"] as const;
const MODES = ["build", "check", "clippy"] as const;

/** What such a URL says; undefined for any other text. */
export function parseUnitUrl(text: string): UnitIdentity | undefined {
  const [, name, version, query] = URL_PARTS.exec(text) ?? [];
  if (name === undefined || version === undefined || query === undefined) return undefined;
  try {
    const pairs = query.split("&").map((pair) => pair.split("=", 2));
    const said = new Map(pairs.map(([key = "", value = ""]) => [key, value]));
    const one = (key: string) => decodeURIComponent(said.get(key) ?? "");
    const kind = memberOf<UnitKind>(UNIT_KINDS, one("kind"));
    const source = memberOf(SOURCES, one("source"));
    const mode = memberOf(MODES, one("mode"));
    const plain = {
      target: one("target"),
      triple: one("triple"),
      profile: one("profile"),
      rustc: one("rustc"),
    };
    if (kind === undefined || source === undefined || mode === undefined) return undefined;
    if (Object.values(plain).includes("")) return undefined;
    const features = (said.get("features") ?? "").split(",").filter((each) => each !== "");
    return {
      ...{ package: decodeURIComponent(name), version: decodeURIComponent(version) },
      ...{ ...plain, kind, source, mode, features: features.map(decodeURIComponent) },
    };
  } catch {
    return undefined; // a % that encodes nothing
  }
}

function memberOf<T extends string>(all: readonly T[], text: string): T | undefined {
  return all.find((each) => each === text);
}
