// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import {
  type CargoInvocation,
  mayCompile,
  parseCargoInvocation,
  projectStart,
  wrapInvocation,
} from "../cargo/invocation.ts";
import { projectDirectory } from "../cargo/project.ts";
import { variablesOf } from "../cargo/variables.ts";
import { findOtherWrapper } from "../cargo/wrapper-settings.ts";
import { type Config, saysMuch } from "../config/config.ts";
import { type ResolvedConfig, resolveConfig } from "../config/resolve.ts";
import { GreenError } from "../error.ts";
import type { GreenFlags } from "../green-flags.ts";
import { done, interruptible } from "../interruptible.ts";
import { BUILD_LOG_SCHEMA } from "../store/build-log.ts";
import { openUnitStore } from "../store/open-unit-store.ts";
import { buildSummary, replaySummary } from "../ui/build-summary.ts";
import { VERSION } from "../version.ts";
import { type CargoExit, cargoToStart, startCargo } from "./cargo-process.ts";
import type { Containers } from "./container/containers.ts";
import { type OpenContainers, openContainers as openUsersContainers } from "./container/open-containers.ts";
import { isInForeground } from "./foreground.ts";
import { BuildTarget } from "./replay/build-target.ts";
import { noteBuild } from "./replay/note-build.ts";
import { type OnLearnt, type PlannedBuild, planBuild } from "./replay/plan-build.ts";
import { replayBuild } from "./replay/replay-build.ts";
import { compilerProgram, toolchainFiles } from "./replay/toolchain-files.ts";
import { type ShimServer, startServer } from "./server.ts";
import { Session } from "./session.ts";
import type { BuildShare } from "./share/build-share.ts";
import { prepareShim } from "./shim.ts";
import { socketDirectory } from "./socket-directory.ts";
import type { TraceDirectory } from "./trace-directory.ts";
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
  const { env, cwd, flags } = context;
  const start = projectStart(invocation, cwd);
  const resolved = await resolveConfig({ env, cwd, start, profile: flags.profile, flags: flags.config });
  const { config } = resolved;
  if (!config.enabled) return plainCargo(invocation, context);
  const traced = flags.trace ?? (config.log === "trace" ? "" : undefined);
  const trace =
    traced === undefined ? undefined : tracePlace(traced, projectOf(invocation, cwd), cwd, new Date());
  let build: Build;
  try {
    build = await setUp(resolved, invocation, context, trace);
  } catch (thrown) {
    const error = GreenError.from(thrown);
    // Who wants units in containers does not want them here.
    if (config.runner !== "host" && config.runner !== "auto") {
      context.report(error);
      return CARGO_FAILED;
    }
    context.say(`builds without the cache: ${error.message}`);
    return plainCargo(invocation, context);
  }
  const incremental = config.incremental || env["CARGO_INCREMENTAL"] !== undefined;
  const cargoEnv = incremental ? env : { ...env, CARGO_INCREMENTAL: "0" };
  return runBuild(build, invocation, { ...context, env: cargoEnv });
}

interface Build {
  readonly config: Config;
  readonly shim: string;
  readonly session: Session;
  readonly containers: Containers | undefined;
  readonly server: ShimServer;
  /** True if there is a native shim, and replaying is not switched off. */
  readonly replays: boolean;
  readonly log: (line: string) => void;
  readonly trace: { readonly units: TraceDirectory; readonly directory: string } | undefined;
}

async function setUp(
  resolved: ResolvedConfig,
  invocation: CargoInvocation,
  context: BuildContext,
  directory: string | undefined,
): Promise<Build> {
  const { env, cwd, say, openContainers = openUsersContainers } = context;
  const { config } = resolved;
  const shim = await prepareShim(config, env, say);
  const store = openUnitStore(config.cacheDir);
  const log = saysMuch(config) ? say : () => {};
  const trace =
    directory === undefined
      ? undefined
      : { units: new (await import("./trace-directory.ts")).TraceDirectory(), directory };
  const { containers, notice } = await openContainers({
    resolved,
    invocation,
    ...{ env, cwd, store },
    project: projectOf(invocation, cwd),
    observe: trace && ((event) => trace.units.sent(event)),
  }).catch((thrown: unknown) => {
    store.close();
    throw thrown;
  });
  const session = new Session({
    store,
    config,
    containers,
    trace: trace?.units,
    standIn: shim.kind === "native" ? shim.path : undefined,
    shim: shim.kind === "native" ? shim.path : undefined,
    ambient: variablesOf(env),
    say: invocation.quiet ? undefined : say,
    verbose: invocation.verbose || config.log === "info" || saysMuch(config),
    version: VERSION,
    // What is installed from elsewhere is not locked by the lockfile that happens to be here.
    project: projectStart(invocation, context.cwd) && projectOf(invocation, context.cwd),
    log,
  });
  if (notice !== undefined) session.tell(notice);
  const sockets = socketDirectory({ runtimeDir: env["XDG_RUNTIME_DIR"], uid: process.getuid?.() ?? 0 });
  const server = await startServer({
    socketPath: join(sockets, `${randomBytes(6).toString("hex")}.sock`),
    handle: (request, run, signal) => session.handle(request, { run, signal }),
    onError: (error) => log(`broker: ${error.stack ?? error.message}`),
  });
  const other = findOtherWrapper(env, context.cwd);
  if (other !== undefined && !invocation.quiet) {
    say(
      `takes the place of the compiler wrapper "${other.program}" (set by ${other.setBy}); ` +
        "plain `cargo` still uses it",
    );
  }
  return {
    config,
    shim: shim.path,
    session,
    containers,
    server,
    trace,
    log,
    replays: config.replay && shim.kind === "native",
  };
}

async function runBuild(
  build: Build,
  invocation: CargoInvocation,
  context: BuildContext,
): Promise<CargoExit> {
  const { session, server } = build;
  const started = Date.now();
  const before = {
    invocation,
    env: context.env,
    cwd: context.cwd,
    shim: build.shim,
    log: build.log,
    onStatus: (line: string) => {
      if (!invocation.quiet) process.stderr.write(`${line}\n`);
    },
    onAsked: () => setImmediate(() => build.containers?.getReady()), // once Cargo works
  };
  const wrapped = wrapInvocation(invocation, build.shim, build.containers?.asked);
  let isPreparing = true;
  const cargo = cargoToStart({
    toolchain: invocation.toolchain,
    args: wrapped.args,
    env: { ...context.env, RUSTC_WRAPPER: undefined, ...wrapped.env, CARGOGREEN_SOCKET: server.socketPath },
    onSignal: () => server.cancelAll(),
    // While it waits for us it has nothing to put away, and is told in any case.
    inForeground: () => !isPreparing && isInForeground(),
  });
  let begun: Promise<unknown> | undefined;
  const begin = () => {
    begun = cargo().catch(() => {}); // who waits for it is told
  };
  const target = new BuildTarget({
    shim: build.shim,
    blocked: () => before.onStatus("    Blocking waiting for file lock on build directory"),
    startCargo: begin,
  });
  const share = build.replays ? await openShare(build, invocation, context) : undefined;
  const stream = invocation.quiet ? undefined : process.stderr;
  // Where Cargo was just asked and nothing is fetched, there is hardly anything to be laid down.
  const expectBuild: OnLearnt = async (place, isRecalled) => {
    if (isRecalled || share !== undefined) await target.expect(place);
  };
  const prepare = async () => {
    await share?.begin(); // remotes are waited for longest
    const plan = build.replays ? await planBuild(before, session, expectBuild) : undefined;
    if (plan === undefined) await share?.cancel();
    return { planned: plan, origins: plan && (await share?.complete(plan, stream)) };
  };
  const prepared =
    share === undefined
      ? done(await prepare())
      : await interruptible((signal) => share.until(signal, prepare));
  if (prepared.kind === "interrupted") {
    await begun; // it was told as well
    await target.close();
    await Promise.all([share?.close(), server.close(), build.containers?.close()]);
    session.store.close();
    return prepared.by;
  }
  isPreparing = false;
  const { planned, origins } = prepared.value;
  if (planned !== undefined) {
    await replayBuild(planned, session, {
      ...{ log: build.log, target, startCargo: begin },
      onLaid(units) {
        const seconds = (Date.now() - started) / 1000;
        if (units > 0 && !invocation.quiet)
          context.say(replaySummary(planned.graph.units.length, session.units, origins, seconds));
      },
    });
  } else {
    await target.close();
  }
  const ending = cargo();
  const kept = keepPlanned(planned, session); // while Cargo works
  let exit = await ending;
  server.cancelAll(); // shims that outlive their Cargo have nobody to report to
  await share?.cancel();
  await session.drain();
  await server.close();
  if (planned !== undefined) await noteBuild(planned, session, build.log);
  await kept;
  if (exit === 0 && share !== undefined) {
    session.store.flush(); // what is to be pushed is asked of the index
    const pushed = await interruptible((signal) => share.push(planned, signal));
    if (pushed.kind === "interrupted") exit = pushed.by;
  }
  await share?.close();
  for (const notice of build.containers?.caches?.unread() ?? []) session.tell(notice);
  if (exit === 0 && session.solved.length > 0) {
    const exported = await interruptible((signal) =>
      exportSolved(build, invocation, context, { planned, signal }),
    );
    if (exported.kind === "interrupted") exit = exported.by;
  }
  await build.containers?.close();
  const { units, notes } = session;
  if (units.length > 0) {
    session.store.saveBuild({
      schema: BUILD_LOG_SCHEMA,
      workspace: projectOf(invocation, context.cwd),
      started,
      finished: Date.now(),
      command: ["cargo", ...invocation.args],
      notes,
      units,
    });
  }
  session.store.flush();
  if (build.trace !== undefined) writeTrace(build, build.trace, invocation.quiet, context.say);
  session.store.close();
  const summary = buildSummary(session.counts);
  if (summary !== undefined && !invocation.quiet) context.say(summary);
  return exit;
}

/** Notes what was laid down, and the graph, for the next build. */
async function keepPlanned(planned: PlannedBuild | undefined, session: Session): Promise<void> {
  if (planned === undefined) return;
  try {
    session.store.flush();
  } catch {
    // It is tried again at the end, and then said.
  }
  await planned.keep();
}

/** What remotes have to do with a build; undefined if nothing, and then nothing of it is loaded. */
async function openShare(
  { config, session }: Build,
  invocation: CargoInvocation,
  { env, cwd, say }: BuildContext,
): Promise<BuildShare | undefined> {
  if (Object.keys(config.remotes).length === 0) return undefined;
  // What remotes are asked depends on the compiler: it works while what speaks to them is loaded.
  const files = await toolchainFiles(invocation, env, cwd);
  await session.askToolchain(compilerProgram(files, env), variablesOf(env));
  const { openBuildShare } = await import("./share/build-share.ts");
  return openBuildShare({ config, invocation, env, cwd, session, say: invocation.quiet ? () => {} : say });
}

/** Exports what a builder solved to the caches that settings name, if there are any. */
async function exportSolved(
  { config, session, containers }: Build,
  invocation: CargoInvocation,
  { env, cwd, say }: BuildContext,
  { planned, signal }: { readonly planned: PlannedBuild | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const caches = containers?.caches;
  if (caches === undefined || caches.targets.length === 0) return;
  const { exportCaches } = await import("./container/export-caches.ts");
  const { everybodysResults } = await import("./share/everybodys-results.ts");
  const { replayed, restored } = session.counts;
  const wanted = planned?.graph.units.filter(({ mode }) => mode !== "doctest").length ?? 0;
  const { store, solved } = session;
  store.flush(); // records that were just made are asked for
  const pusher = { store, env, workspace: projectOf(invocation, cwd), lists: config };
  await exportCaches({
    ...{ caches, solved, signal },
    isWhole: replayed + restored === 0 && session.units.length >= wanted,
    everybodys: (instances) => everybodysResults(instances, pusher, signal),
    say: invocation.quiet ? () => {} : say,
    stream: invocation.quiet ? undefined : process.stderr,
  });
}

function writeTrace(
  { session, config }: Pick<Build, "session" | "config">,
  { units, directory }: NonNullable<Build["trace"]>,
  quiet: boolean,
  say: BuildContext["say"],
): void {
  try {
    units.write(directory, { history: session.store, prefix: config.tracePrefix });
    if (!quiet) say(`wrote the trace to ${directory} (it holds the values of variables)`);
  } catch (thrown) {
    say(`could not write the trace to ${directory}: ${GreenError.from(thrown).message}`);
  }
}

function plainCargo(invocation: CargoInvocation, context: BuildContext): Promise<CargoExit> {
  return startCargo({ toolchain: invocation.toolchain, args: invocation.args, env: context.env });
}

function projectOf(invocation: CargoInvocation, cwd: string): string {
  const start = projectStart(invocation, cwd) ?? cwd;
  return projectDirectory(start.endsWith(".toml") ? dirname(start) : start);
}
