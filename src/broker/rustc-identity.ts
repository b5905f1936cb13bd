// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve } from "node:path";
import type { Package } from "../cargo/package.ts";
import type { RustcInvocation, Uncacheable } from "../cargo/rustc-argv.ts";
import { placeInTarget, type TargetPlace } from "../cargo/target-layout.ts";
import type { RustcIdentity } from "../cargo/toolchain.ts";
import type { UnitIdentity, UnitKind } from "../unit/record.ts";

export interface IdentityFacts {
  readonly parsed: RustcInvocation | Uncacheable;
  readonly package: Package;
  readonly toolchain: RustcIdentity;
  /** File name of the program in rustc's place, if there is one. */
  readonly driver: string | undefined;
  readonly cwd: string;
  readonly env: ReadonlyMap<string, string>;
}

/** What a person would call this compilation. */
export function identifyRustc(facts: IdentityFacts): UnitIdentity {
  const { parsed, package: own, toolchain } = facts;
  const common = { package: own.name, version: own.version, source: own.source, rustc: toolchain.release };
  if ("uncacheable" in parsed) {
    const target = parsed.crateName ?? "";
    return {
      ...common,
      target,
      kind: "lib",
      features: [],
      triple: toolchain.host,
      profile: "",
      mode: "build",
    };
  }
  const { outDir } = parsed;
  const place = outDir === undefined ? undefined : placeInTarget(resolve(facts.cwd, outDir), parsed.target);
  return {
    ...common,
    target: parsed.crateName,
    kind: kindOf(parsed, place, facts.env),
    features: [...parsed.features].sort(),
    triple: parsed.target?.replace(/^.*\//, "").replace(/\.json$/, "") ?? toolchain.host,
    profile: place?.profile ?? "",
    mode: facts.driver === undefined ? (parsed.emit.includes("link") ? "build" : "check") : "clippy",
  };
}

/**
 * Cargo names a build script's crate after its file: `build_script_build` (`build_script_main` for main.rs).
 * A binary or a test may be called so too: it lies elsewhere, or (in the newer layout, where everything lies alike)
 * has a variable that only such targets get.
 */
function kindOf(
  invocation: RustcInvocation,
  place: TargetPlace | undefined,
  env: ReadonlyMap<string, string>,
): UnitKind {
  if (invocation.test) return "test";
  if (invocation.crateTypes.includes("proc-macro")) return "proc-macro";
  if (invocation.crateTypes.length > 0 && !invocation.crateTypes.includes("bin")) return "lib";
  const mayBeScript =
    place?.role === "build" ||
    (place?.role === "unit" && !env.has("CARGO_BIN_NAME") && !env.has("CARGO_TARGET_TMPDIR"));
  return mayBeScript && invocation.crateName.startsWith("build_script_") ? "build-script" : "bin";
}
