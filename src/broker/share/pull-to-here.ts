// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { nodeFiles } from "../../cargo/files.ts";
import { parseCargoInvocation } from "../../cargo/invocation.ts";
import { findLockfile, parseLockfile } from "../../cargo/lockfile.ts";
import { variablesOf } from "../../cargo/variables.ts";
import type { Config } from "../../config/config.ts";
import type { NamedRemote } from "../../config/remotes.ts";
import { GreenError } from "../../error.ts";
import { openRemote } from "../../remote/open-remote.ts";
import type { UnitStore } from "../../store/store.ts";
import { Machine } from "../machine.ts";
import { readCargoConfig } from "../replay/cargo-config.ts";
import { withMirror } from "./public-packages.ts";
import { type BuildPull, pullBuild } from "./pull-build.ts";
import type { TakeOptions } from "./take-units.ts";

export interface PullFacts {
  readonly store: UnitStore;
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** A triple; undefined for this machine's own. */
  readonly target: string | undefined;
  readonly options: TakeOptions & { readonly dryRun?: boolean };
}

/** Brings what a remote has for the lockfile here into the store, as `cache pull` does. Throws as both do. */
export async function pullToHere(
  named: NamedRemote,
  { store, config, env, cwd, target, options }: PullFacts,
): Promise<BuildPull> {
  const lockfile = findLockfile(cwd, nodeFiles("utf8"));
  if (lockfile === undefined) {
    throw new GreenError("not-found", `There is no Cargo.lock in "${cwd}" or above it`, {
      hint: "run this in a workspace, or `cargo generate-lockfile` there first",
    });
  }
  const rustc = await new Machine(store, cwd).toolchain(env["RUSTC"] ?? "rustc", variablesOf(env));
  const scope = { rustc: rustc.release, rustcVersion: rustc.text, triple: target ?? rustc.host };
  const cargoConfig = readCargoConfig(parseCargoInvocation([]), cwd, env);
  const packages = withMirror(parseLockfile(readFileSync(lockfile, "utf8")), cargoConfig);
  const remote = await openRemote(named.name, named, { env, cwd });
  try {
    const isPublic = named.visibility === "public";
    return await pullBuild(remote, isPublic, { scope, packages, lists: config }, store, options);
  } finally {
    await remote.close();
  }
}
