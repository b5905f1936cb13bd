// SPDX-License-Identifier: MIT OR Apache-2.0
import { type CargoInvocation, hasShort, optionValue, ownArguments } from "../../cargo/invocation.ts";
import type { LockedPackage } from "../../cargo/lockfile.ts";
import { platformDirectory, profileDirectory } from "../../cargo/target-layout.ts";
import type { RustcIdentity } from "../../cargo/toolchain.ts";
import { sketchOf } from "../../remote/format/sketch.ts";
import { type PackMode, type PackScope, packTag } from "../../remote/format/tag.ts";
import { digestOf } from "../../unit/digest.ts";
import type { CargoConfig } from "../replay/cargo-config.ts";
import { targetsOf } from "../targets.ts";

/** Changes whenever the same lockfile gets another pack. */
const ID_SCHEMA = 1;
const ID_DIGITS = 16;

const CHECKS: ReadonlySet<string> = new Set(["check", "c", "clippy"]);
const TESTS: ReadonlySet<string> = new Set(["test", "t", "bench"]);

export interface ScopeFacts {
  readonly invocation: CargoInvocation;
  readonly env: NodeJS.ProcessEnv;
  readonly config: CargoConfig;
  readonly rustc: RustcIdentity;
}

/** What the units of a build have in common, as far as it can be told before Cargo is asked for its graph. */
export function packScope({ invocation, env, config, rustc }: ScopeFacts): PackScope {
  const own = ownArguments(invocation);
  const { subcommand = "" } = invocation;
  const mode: PackMode = CHECKS.has(subcommand) ? "check" : TESTS.has(subcommand) ? "test" : "build";
  return {
    rustc: rustc.release,
    rustcVersion: rustc.text,
    triple: tripleOf(own, env, config) ?? rustc.host,
    profile: profileOf(subcommand, own),
    mode,
  };
}

/** The name of Cargo's directory for a profile. */
function profileOf(subcommand: string, own: readonly string[]): string {
  const named = optionValue(own, "--profile");
  if (named !== undefined) return profileDirectory(named);
  const isRelease = own.some((arg) => arg === "--release" || hasShort(arg, "r"));
  const isDebug = own.includes("--debug");
  return isRelease || subcommand === "bench" || (subcommand === "install" && !isDebug) ? "release" : "debug";
}

/** Several targets are one scope of their own. */
function tripleOf(own: readonly string[], env: NodeJS.ProcessEnv, config: CargoConfig): string | undefined {
  const targets = targetsOf(own, env, config);
  const names = [...new Set(targets.map(platformDirectory))].sort();
  return names.length === 0 ? undefined : names.join("_");
}

/** How the pack of some locked packages is called in a remote. */
export function packNameOf(
  scope: PackScope,
  packages: readonly LockedPackage[],
): { readonly id: string; readonly sketch: string; readonly tag: string } {
  const names = packages
    .map(({ name, version, source = "", checksum = "" }) => [name, version, source, checksum].join(" "))
    .sort();
  const { rustcVersion, triple, profile, mode } = scope;
  const id = digestOf(JSON.stringify([ID_SCHEMA, rustcVersion, triple, profile, mode, names])).slice(
    0,
    ID_DIGITS,
  );
  const sketch = sketchOf(names);
  return { id, sketch, tag: packTag(scope, sketch, id) };
}
