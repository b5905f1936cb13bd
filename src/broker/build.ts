// SPDX-License-Identifier: MIT OR Apache-2.0
import { type CargoInvocation, mayCompile, parseCargoInvocation, projectStart } from "../cargo/invocation.ts";
import { resolveConfig } from "../config/resolve.ts";
import { GreenError } from "../error.ts";
import type { GreenFlags } from "../green-flags.ts";
import { type CargoExit, startCargo } from "./cargo-process.ts";
import type { OpenContainers } from "./container/open-containers.ts";
import { endBuild } from "./end-build.ts";
import { type Build, openBuild, openShare, projectOf } from "./open-build.ts";
import { prepareBuild } from "./prepare-build.ts";
import type { PlannedBuild } from "./replay/plan-build.ts";
import type { Session } from "./session.ts";
import { tracePlace } from "./trace-place.ts";

/** What Cargo exits with when a build fails. */
const CARGO_FAILED = 101;

/** What `cargo green <a cargo command>` needs of the outside. */
export interface BuildContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Writes one status line of ours to stderr, among Cargo's. */
  readonly say: (text: string) => void;
  /** Prints why nothing is built, as an error. */
  readonly report: (error: GreenError) => void;
  /** Our own flags on the command line. */
  readonly flags: GreenFlags;
  /** Finds what runs units in containers. Default: the user's own builder. */
  readonly openContainers?: OpenContainers;
}

/**
 * Runs Cargo with our shim as its compiler wrapper and answers the shims. Resolves to Cargo's exit status.
 * If our own part cannot be set up, Cargo runs without it, and one line says why.
 */
export async function runCargo(argv: readonly string[], context: BuildContext): Promise<CargoExit> {
  const invocation = parseCargoInvocation(argv);
  if (!mayCompile(invocation)) return plainCargo(invocation, context);
  const { env, cwd, flags, say, openContainers } = context;
  const start = projectStart(invocation, cwd);
  const resolved = await resolveConfig({ env, cwd, start, profile: flags.profile, flags: flags.config });
  const { config } = resolved;
  if (!config.enabled) return plainCargo(invocation, context);
  const traced = flags.trace ?? (config.log === "trace" ? "" : undefined);
  const traceDirectory =
    traced === undefined ? undefined : tracePlace(traced, projectOf(invocation, cwd), cwd, new Date());
  let build: Build;
  try {
    build = await openBuild({ resolved, invocation, env, cwd, say, traceDirectory, openContainers });
  } catch (thrown) {
    const error = GreenError.from(thrown);
    // Who wants units in containers does not want them here.
    if (config.runner !== "host" && config.runner !== "auto") {
      context.report(error);
      return CARGO_FAILED;
    }
    say(`builds without the cache: ${error.message}`);
    return plainCargo(invocation, context);
  }
  return runBuild(build);
}

async function runBuild(build: Build): Promise<CargoExit> {
  const { session, server, containers } = build;
  const share = await openShare(build);
  const prepared = await prepareBuild(build, share);
  if (prepared.kind === "interrupted") {
    await Promise.all([share?.close(), server.close(), containers?.close()]);
    session.store.close();
    return prepared.by;
  }
  const { planned, cargo } = prepared.value;
  const kept = keepPlanned(planned, session); // while Cargo works
  return endBuild(build, { exit: await cargo.ended(), planned, share, kept });
}

/** Notes what was laid down, and the graph, for the next build. */
async function keepPlanned(planned: PlannedBuild | undefined, { store }: Session): Promise<void> {
  if (planned === undefined) return;
  try {
    store.flush();
  } catch {
    // It is tried again at the end, and then said.
  }
  await planned.keep();
}

function plainCargo(invocation: CargoInvocation, { env }: BuildContext): Promise<CargoExit> {
  return startCargo({ toolchain: invocation.toolchain, args: invocation.args, env });
}
