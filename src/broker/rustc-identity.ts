// SPDX-License-Identifier: MIT OR Apache-2.0
import { absolutePath } from "../cargo/absolute-path.ts";
import type { Package } from "../cargo/package.ts";
import type { RustcInvocation, Uncacheable } from "../cargo/rustc-argv.ts";
import { placeInTarget, type TargetPlace } from "../cargo/target-layout.ts";
import type { RustcIdentity } from "../cargo/toolchain.ts";
import type { UnitIdentity, UnitKind } from "../unit/record.ts";

export interface IdentityFacts {
  readonly parsed: RustcInvocation | Uncacheable;
  /** The same, not taken apart. */
  readonly argv: readonly string[];
  readonly package: Package;
  readonly toolchain: RustcIdentity;
  /** File name of the program in rustc's place, if there is one. */
  readonly driver: string | undefined;
  readonly cwd: string;
  readonly env: ReadonlyMap<string, string>;
}

/** What a person would call this compilation. */
export function identifyRustc(facts: IdentityFacts): UnitIdentity {
  const { package: own, toolchain } = facts;
  const said = "uncacheable" in facts.parsed ? roughly(facts.argv, facts.parsed.crateName) : facts.parsed;
  const { outDir, target } = said;
  const place = outDir === undefined ? undefined : placeInTarget(absolutePath(facts.cwd, outDir), target);
  return {
    package: own.name,
    version: own.version,
    source: own.source,
    rustc: toolchain.release,
    target: said.crateName,
    kind: kindOf(said, place, facts.env),
    features: [...said.features].sort(),
    triple: target?.replace(/^.*\//, "").replace(/\.json$/, "") ?? toolchain.host,
    profile: place?.profile ?? "",
    mode: facts.driver === undefined ? (said.emit.includes("link") ? "build" : "check") : "clippy",
  };
}

type Said = Pick<
  RustcInvocation,
  "crateName" | "crateTypes" | "test" | "features" | "emit" | "outDir" | "target"
>;

/** As much as a command line that is not taken apart says at first sight, in the spelling that Cargo uses. */
function roughly(argv: readonly string[], crateName: string | undefined): Said {
  const values = (name: string) =>
    argv.flatMap((arg, at) => {
      if (arg === name) return argv[at + 1] ?? [];
      return arg.startsWith(`${name}=`) ? arg.slice(name.length + 1) : [];
    });
  return {
    crateName: crateName ?? "",
    crateTypes: values("--crate-type"),
    test: argv.includes("--test"),
    features: values("--cfg").flatMap((cfg) => /^feature="(.*)"$/.exec(cfg)?.[1] ?? []),
    emit: values("--emit").flatMap((kinds) => kinds.split(",")),
    outDir: values("--out-dir").at(-1),
    target: values("--target").at(-1),
  };
}

/**
 * Cargo names a build script's crate after its file: `build_script_build` (`build_script_main` for main.rs).
 * A binary or a test may be called so too: it lies elsewhere, or (in the newer layout, where everything lies alike)
 * has a variable that only such targets get.
 */
function kindOf(
  { test, crateTypes, crateName }: Said,
  place: TargetPlace | undefined,
  env: ReadonlyMap<string, string>,
): UnitKind {
  if (test) return "test";
  if (crateTypes.includes("proc-macro")) return "proc-macro";
  if (crateTypes.length > 0 && !crateTypes.includes("bin")) return "lib";
  const mayBeScript =
    place?.role === "build" ||
    (place?.role === "unit" && !env.has("CARGO_BIN_NAME") && !env.has("CARGO_TARGET_TMPDIR"));
  return mayBeScript && crateName.startsWith("build_script_") ? "build-script" : "bin";
}
