// SPDX-License-Identifier: MIT OR Apache-2.0
import { type PackageId, parsePackageId } from "./package-id.ts";

/** What Cargo would do, before it does it: compiler calls, runs of build scripts, and what each needs. */
export interface UnitGraph {
  readonly units: readonly GraphUnit[];
  /** Positions in `units` of what was asked for. */
  readonly roots: readonly number[];
}

const MODES = ["build", "check", "test", "doc", "doctest", "docscrape", "run-custom-build"] as const;
/**
 * `check` is said of a target as it is and of its test harness alike: of two units that are otherwise equal, the one
 * with dev-dependencies is the harness.
 */
export type UnitMode = (typeof MODES)[number];

/** One unit. What Cargo says beyond what is named here is in `others`. */
export interface GraphUnit {
  readonly packageId: PackageId;
  readonly target: GraphTarget;
  readonly profile: GraphProfile;
  /** A triple, or the path of a JSON file; undefined for the host. With `--target`, host units have none. */
  readonly platform: string | undefined;
  readonly mode: UnitMode;
  readonly features: readonly string[];
  /** Part of the standard library (`-Zbuild-std`). */
  readonly isStd: boolean;
  readonly dependencies: readonly GraphDependency[];
  /** Fields that this version does not know, as JSON; empty if there are none. */
  readonly others: string;
}

export interface GraphTarget {
  /** `lib`, `rlib`, `proc-macro`, `bin`, `test`, `bench`, `example`, `custom-build`, … */
  readonly kind: readonly string[];
  readonly crateTypes: readonly string[];
  /** A library's with underscores since cargo 1.79. */
  readonly name: string;
  /** Absolute. */
  readonly srcPath: string;
  readonly edition: string;
  readonly requiredFeatures: readonly string[];
  readonly test: boolean;
  readonly doctest: boolean;
  readonly doc: boolean;
  /** As of a unit. */
  readonly others: string;
}

export interface GraphProfile {
  /** `dev`, `release`, or a custom profile's name. */
  readonly name: string;
  readonly incremental: boolean;
  /** The whole of it, in Cargo's order of fields. */
  readonly json: string;
}

export interface GraphDependency {
  /** Position in `units`. */
  readonly index: number;
  readonly externCrateName: string;
  readonly public: boolean;
  readonly noprelude: boolean;
  /** Since cargo 1.97. */
  readonly nounused: boolean;
  /** As of a unit. */
  readonly others: string;
}

/** A graph, or what is not understood about it. */
export type ParsedUnitGraph =
  | { readonly kind: "graph"; readonly graph: UnitGraph }
  | { readonly kind: "unknown"; readonly reason: string };

/** Of the format, not of Cargo. */
const VERSION = 1;

/**
 * Reads what `cargo build -Z unstable-options --unit-graph` prints (cargo's `core/compiler/unit_graph.rs`, version 1).
 * Never throws.
 */
export function parseUnitGraph(json: string): ParsedUnitGraph {
  try {
    const parsed = record(JSON.parse(json), "the unit graph");
    if (parsed["version"] !== VERSION) unknown("version", parsed["version"]);
    const reader = new Reader();
    const units = list(parsed["units"], "units").map((unit) => reader.unit(unit));
    const position = (value: unknown) => positionIn(units, value);
    for (const { dependencies } of units) {
      for (const { index } of dependencies) position(index);
    }
    return { kind: "graph", graph: { units, roots: list(parsed["roots"], "roots").map(position) } };
  } catch (thrown) {
    const reason = thrown instanceof Unknown ? thrown.message : "it is not JSON";
    return { kind: "unknown", reason };
  }
}

/** Something in the graph is not what we know. */
class Unknown extends Error {}

/** Thousands of units share a few profiles and packages: each is made once. */
class Reader {
  readonly #packages = new Map<string, PackageId>();
  readonly #profiles: { readonly fields: Fields; readonly profile: GraphProfile }[] = [];

  unit(value: unknown): GraphUnit {
    const fields = record(value, "a unit");
    const { pkg_id: id, platform, is_std: isStd } = fields;
    return {
      packageId: this.#package(text(id, "pkg_id")),
      target: targetOf(record(fields["target"], "target")),
      profile: this.#profile(record(fields["profile"], "profile")),
      platform: platform === null ? undefined : text(platform, "platform"),
      mode: modeOf(fields["mode"]),
      features: texts(fields["features"], "features"),
      isStd: isStd === undefined ? false : flag(isStd, "is_std"),
      dependencies: list(fields["dependencies"], "dependencies").map(dependencyOf),
      others: othersOf(fields, UNIT_FIELDS),
    };
  }

  #package(spec: string): PackageId {
    const known = this.#packages.get(spec);
    if (known !== undefined) return known;
    const id = parsePackageId(spec);
    if (id === undefined) throw new Unknown(`the package id "${spec}"`);
    this.#packages.set(spec, id);
    return id;
  }

  #profile(fields: Fields): GraphProfile {
    const known = this.#profiles.find((each) => isEqual(each.fields, fields));
    if (known !== undefined) return known.profile;
    const profile: GraphProfile = {
      name: text(fields["name"], "profile.name"),
      incremental: flag(fields["incremental"], "profile.incremental"),
      json: JSON.stringify(fields),
    };
    this.#profiles.push({ fields, profile });
    return profile;
  }
}

/** Compared, as writing thousands of profiles out would take as long as all the rest. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [one, two] = [a as Fields, b as Fields];
  let extra = 0;
  for (const name in one) {
    if (!isEqual(one[name], two[name])) return false;
    extra--;
  }
  for (const _ in two) extra++;
  return extra === 0;
}

const UNIT_FIELDS = new Set("pkg_id target profile platform mode features is_std dependencies".split(" "));
const TARGET_FIELDS = new Set(
  "kind crate_types name src_path edition required-features test doctest doc".split(" "),
);
const DEPENDENCY_FIELDS = new Set("index extern_crate_name public noprelude nounused".split(" "));

function targetOf(fields: Fields): GraphTarget {
  const required = fields["required-features"];
  return {
    kind: texts(fields["kind"], "target.kind"),
    crateTypes: texts(fields["crate_types"], "target.crate_types"),
    name: text(fields["name"], "target.name"),
    srcPath: text(fields["src_path"], "target.src_path"),
    edition: text(fields["edition"], "target.edition"),
    requiredFeatures: required === undefined ? [] : texts(required, "target.required-features"),
    test: flag(fields["test"], "target.test"),
    doctest: flag(fields["doctest"], "target.doctest"),
    doc: flag(fields["doc"], "target.doc"),
    others: othersOf(fields, TARGET_FIELDS),
  };
}

function dependencyOf(value: unknown): GraphDependency {
  const fields = record(value, "a dependency");
  const { index, public: isPublic, noprelude, nounused } = fields;
  return {
    index: typeof index === "number" ? index : unknown("dependency.index", index),
    externCrateName: text(fields["extern_crate_name"], "dependency.extern_crate_name"),
    public: isPublic === undefined ? false : flag(isPublic, "dependency.public"),
    noprelude: noprelude === undefined ? false : flag(noprelude, "dependency.noprelude"),
    nounused: nounused === undefined ? false : flag(nounused, "dependency.nounused"),
    others: othersOf(fields, DEPENDENCY_FIELDS),
  };
}

function modeOf(value: unknown): UnitMode {
  return MODES.find((mode) => mode === value) ?? unknown("mode", value);
}

function positionIn(units: readonly unknown[], value: unknown): number {
  const isPosition = typeof value === "number" && Number.isInteger(value) && value in units;
  return isPosition ? value : unknown("a position", value);
}

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown, what: string): Fields {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as Fields) : unknown(what, value);
}

function list(value: unknown, what: string): readonly unknown[] {
  return Array.isArray(value) ? value : unknown(what, value);
}

function texts(value: unknown, what: string): readonly string[] {
  const values = list(value, what);
  for (const each of values) text(each, what);
  return values as readonly string[];
}

function text(value: unknown, what: string): string {
  return typeof value === "string" ? value : unknown(what, value);
}

function flag(value: unknown, what: string): boolean {
  return typeof value === "boolean" ? value : unknown(what, value);
}

function othersOf(fields: Fields, known: ReadonlySet<string>): string {
  let others: Record<string, unknown> | undefined;
  for (const name in fields) {
    if (known.has(name)) continue;
    others ??= {};
    others[name] = fields[name];
  }
  return others === undefined ? "" : JSON.stringify(others);
}

/** Enough of a value to recognise it by. */
const SHOWN = 60;

function unknown(what: string, value: unknown): never {
  throw new Unknown(`${what} is ${(JSON.stringify(value) ?? "missing").slice(0, SHOWN)}`);
}
