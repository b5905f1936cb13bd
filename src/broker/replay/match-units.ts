// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve } from "node:path";
import { parseRustcArgv, type RustcInvocation } from "../../cargo/rustc-argv.ts";
import { placeInTarget, platformDirectory } from "../../cargo/target-layout.ts";
import type { GraphUnit, UnitGraph } from "../../cargo/unit-graph.ts";
import type { ShimRequest } from "../protocol.ts";
import { type CheckedTwin, checkedTwins } from "./checked-twins.ts";

/**
 * Says which unit of the graph each request of a shim was for, by position. What could be two is none: then the
 * shim alone knows that unit. Requests are a build's, each once; not all units ask (those that Cargo finds fresh).
 */
export function matchUnits<T extends { readonly request: ShimRequest }>(
  { units }: UnitGraph,
  seen: readonly T[],
): ReadonlyMap<number, T> {
  const matched = new Map<number, Call & { readonly each: T }>();
  const calls = seen.flatMap((each) => {
    const call = callOf(each.request);
    return call === undefined ? [] : [{ ...call, each }];
  });
  const byTarget = Map.groupBy(calls, ({ target }) => target);
  const checked = checkedTwins(units);
  const visited = new Set<number>();
  const visit = (at: number): void => {
    const unit = units[at];
    if (visited.has(at) || unit === undefined) return;
    visited.add(at);
    for (const { index } of unit.dependencies) visit(index); // what it is compiled against tells it from others
    const candidates = (byTarget.get(targetOf(unit)) ?? []).filter(
      (call) => call.fits(unit, checked.get(at)) && isCompiledAgainst(call, unit),
    );
    const [only, ...others] = candidates;
    if (only !== undefined && others.length === 0) matched.set(at, only);
  };
  /** Externs and their paths agree with the graph as far as the units behind them asked, too. */
  const isCompiledAgainst = ({ externs }: Call, unit: GraphUnit): boolean =>
    externs === undefined ||
    unit.dependencies.every(({ index, externCrateName }) => {
      const dependency = units[index];
      if (dependency === undefined || !isLinked(dependency)) return true;
      const paths = externs.filter(({ name }) => name === externCrateName).map(({ path }) => path);
      const stem = matched.get(index)?.stem;
      return paths.some((path) => stem === undefined || path === undefined || path.startsWith(stem));
    });
  for (const at of units.keys()) visit(at);
  // A request that seems to be for two units is for neither of them.
  const uses = Map.groupBy(matched, ([, { each }]) => each);
  const single = [...uses.values()].filter(({ length }) => length === 1).flat();
  return new Map(single.map(([at, { each }]) => [at, each]));
}

interface Call {
  /** As `targetOf` a unit. */
  readonly target: string;
  /** Beginning of the absolute paths of what dependents are compiled against; undefined for a script's run. */
  readonly stem: string | undefined;
  readonly externs: readonly { readonly name: string; readonly path: string | undefined }[] | undefined;
  /** @param twin which of two units it is that the graph says the same of */
  fits(unit: GraphUnit, twin: CheckedTwin | undefined): boolean;
}

/** What no two different targets share: what is done, and where the source is. A run knows its package's directory. */
function targetOf({ mode, target, packageId }: GraphUnit): string {
  if (mode === "run-custom-build") return `run ${packageId.name} ${packageId.version}`;
  return `compile ${target.srcPath}`;
}

/** Only what `--extern` names; build scripts' runs and proc-macros' own dependencies are not. */
function isLinked({ mode, target }: GraphUnit): boolean {
  return (
    mode !== "run-custom-build" && target.kind.every((kind) => kind !== "bin" && kind !== "custom-build")
  );
}

function callOf(request: ShimRequest): Call | undefined {
  return request.role === "build-script" ? runOf(request) : compilationOf(request);
}

function compilationOf({ role, argv, cwd }: ShimRequest): Call | undefined {
  const parsed = parseRustcArgv(argv.slice(role === "workspace-wrapper" ? 2 : 1));
  if ("uncacheable" in parsed || parsed.outDir === undefined) return undefined;
  const { crateName, extraFilename, externs } = parsed;
  const outDir = resolve(cwd, parsed.outDir);
  return {
    target: `compile ${resolve(cwd, parsed.input)}`,
    stem: `${outDir}/lib${crateName}${extraFilename}.`,
    externs: externs.map(({ name, path }) => ({ name, path: path && resolve(cwd, path) })),
    fits: (unit, twin) =>
      unit.target.name.replaceAll("-", "_") === crateName &&
      hasMode(unit, twin, parsed) &&
      platformName(unit.platform) === platformName(parsed.target) &&
      sameList(unit.features, parsed.features) &&
      hasProfile(unit, parsed),
  };
}

/** `check` is said of a target as it is and of its test harness alike; tests and benchmarks may do without one. */
function hasMode(
  { mode, target }: GraphUnit,
  twin: CheckedTwin | undefined,
  { test, emit }: RustcInvocation,
): boolean {
  const links = emit.includes("link");
  const isTest = target.kind.includes("test") || target.kind.includes("bench");
  if (mode === "check") {
    if (twin !== undefined) return !links && test === (twin === "harness");
    return !links && (!test || target.test || isTest);
  }
  return links && ((mode === "test") === test || (mode === "test" && isTest));
}

function hasProfile({ profile, mode, target }: GraphUnit, { profile: options }: RustcInvocation): boolean {
  const expected = JSON.parse(profile.json) as Readonly<Record<string, unknown>>;
  const given = (name: string) => options.findLast((option) => option.name === name)?.value;
  const unwinds =
    mode === "test" || target.kind.some((kind) => kind === "proc-macro" || kind === "custom-build");
  return (
    (given("opt-level") ?? "0") === String(expected["opt_level"]) &&
    (given("debuginfo") ?? "0") === String(expected["debuginfo"] ?? 0) &&
    (unwinds || (given("panic") ?? "unwind") === String(expected["panic"]))
  );
}

function runOf({ env }: ShimRequest): Call | undefined {
  const [name, version, outDir, target] = ["CARGO_PKG_NAME", "CARGO_PKG_VERSION", "OUT_DIR", "TARGET"].map(
    (each) => env.get(each),
  );
  const place = outDir === undefined ? undefined : placeInTarget(outDir, target);
  if (place === undefined) return undefined;
  const hasTriple = `${place.root}/${place.profile}` !== place.profileDir;
  const features = [...env.keys()]
    .filter((each) => each.startsWith("CARGO_FEATURE_"))
    .map((each) => each.slice(14));
  const root = env.get("CARGO_MANIFEST_DIR");
  return {
    target: `run ${name} ${version}`,
    stem: undefined,
    externs: undefined,
    fits: (unit) => {
      const { opt_level: level } = JSON.parse(unit.profile.json) as { readonly opt_level?: unknown };
      return (
        root !== undefined &&
        unit.target.srcPath.startsWith(`${root}/`) &&
        (unit.platform !== undefined) === hasTriple &&
        platformName(unit.platform) === (hasTriple ? target : undefined) &&
        env.get("OPT_LEVEL") === level &&
        sameList(unit.features.map(featureVariable), features)
      );
    },
  };
}

/** https://doc.rust-lang.org/1.95.0/cargo/reference/environment-variables.html#environment-variables-cargo-sets-for-build-scripts */
function featureVariable(feature: string): string {
  return feature.toUpperCase().replaceAll("-", "_");
}

function platformName(platform: string | undefined): string | undefined {
  return platform === undefined ? undefined : platformDirectory(platform);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().join("\0") === b.toSorted().join("\0");
}
