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
  readonly #profiles = new Map<string, GraphProfile>();

  unit(value: unknown): GraphUnit {
    const fields = record(value, "a unit");
    const { pkg_id, target, profile, platform, mode, features, is_std, dependencies, ...others } = fields;
    return {
      packageId: this.#package(text(pkg_id, "pkg_id")),
      target: targetOf(record(target, "target")),
      profile: this.#profile(record(profile, "profile")),
      platform: platform === null ? undefined : text(platform, "platform"),
      mode: modeOf(mode),
      features: texts(features, "features"),
      isStd: is_std === undefined ? false : flag(is_std, "is_std"),
      dependencies: list(dependencies, "dependencies").map(dependencyOf),
      others: othersOf(others),
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
    const json = JSON.stringify(fields);
    const known = this.#profiles.get(json);
    if (known !== undefined) return known;
    const profile: GraphProfile = {
      name: text(fields["name"], "profile.name"),
      incremental: flag(fields["incremental"], "profile.incremental"),
      json,
    };
    this.#profiles.set(json, profile);
    return profile;
  }
}

function targetOf(fields: Fields): GraphTarget {
  const { kind, crate_types, name, src_path, edition, "required-features": required, ...more } = fields;
  const { test, doctest, doc, ...others } = more;
  return {
    kind: texts(kind, "target.kind"),
    crateTypes: texts(crate_types, "target.crate_types"),
    name: text(name, "target.name"),
    srcPath: text(src_path, "target.src_path"),
    edition: text(edition, "target.edition"),
    requiredFeatures: required === undefined ? [] : texts(required, "target.required-features"),
    test: flag(test, "target.test"),
    doctest: flag(doctest, "target.doctest"),
    doc: flag(doc, "target.doc"),
    others: othersOf(others),
  };
}

function dependencyOf(value: unknown): GraphDependency {
  const {
    index,
    extern_crate_name,
    public: isPublic,
    noprelude,
    nounused,
    ...others
  } = record(value, "a dependency");
  return {
    index: typeof index === "number" ? index : unknown("dependency.index", index),
    externCrateName: text(extern_crate_name, "dependency.extern_crate_name"),
    public: isPublic === undefined ? false : flag(isPublic, "dependency.public"),
    noprelude: noprelude === undefined ? false : flag(noprelude, "dependency.noprelude"),
    nounused: nounused === undefined ? false : flag(nounused, "dependency.nounused"),
    others: othersOf(others),
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
  return list(value, what).map((each) => text(each, what));
}

function text(value: unknown, what: string): string {
  return typeof value === "string" ? value : unknown(what, value);
}

function flag(value: unknown, what: string): boolean {
  return typeof value === "boolean" ? value : unknown(what, value);
}

function othersOf(fields: Fields): string {
  for (const _ in fields) return JSON.stringify(fields);
  return "";
}

/** Enough of a value to recognise it by. */
const SHOWN = 60;

function unknown(what: string, value: unknown): never {
  throw new Unknown(`${what} is ${(JSON.stringify(value) ?? "missing").slice(0, SHOWN)}`);
}
