// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import { interruptible } from "../interruptible.ts";
import { BUILD_LOG_SCHEMA } from "../store/build-log.ts";
import { buildSummary } from "../ui/build-summary.ts";
import type { CargoExit } from "./cargo-process.ts";
import type { Build } from "./open-build.ts";
import { noteBuild } from "./replay/note-build.ts";
import type { PlannedBuild } from "./replay/plan-build.ts";
import type { BuildShare } from "./share/build-share.ts";

/** What a build leaves when its Cargo has ended. */
export interface EndedBuild {
  /** Cargo's. */
  readonly exit: CargoExit;
  readonly planned: PlannedBuild | undefined;
  readonly share: BuildShare | undefined;
  /** Resolves when what was planned is kept. */
  readonly kept: Promise<void>;
}

/**
 * Keeps what a build came to, sends and exports what settings say, and tells of it. Resolves to what to exit with:
 * Cargo's status, or the signal that came meanwhile.
 */
export async function endBuild(build: Build, ended: EndedBuild): Promise<CargoExit> {
  const { session, server, containers } = build;
  const { planned, share } = ended;
  let { exit } = ended;
  server.cancelAll(); // shims that outlive their Cargo have nobody to report to
  await share?.cancel();
  await session.drain();
  await server.close();
  if (planned !== undefined) await noteBuild(planned, session, build.log);
  await ended.kept;
  if (exit === 0 && share !== undefined) {
    session.store.flush(); // what is to be pushed is asked of the index
    const pushed = await interruptible((signal) => share.push(planned, signal));
    if (pushed.kind === "interrupted") exit = pushed.by;
  }
  await share?.close();
  for (const notice of containers?.caches?.unread() ?? []) session.tell(notice);
  if (exit === 0 && session.solved.length > 0) {
    const exported = await interruptible((signal) => exportSolved(build, planned, signal));
    if (exported.kind === "interrupted") exit = exported.by;
  }
  await containers?.close();
  saveLog(build);
  session.store.flush();
  if (build.trace !== undefined) writeTrace(build, build.trace);
  session.store.close();
  const summary = buildSummary(session.counts);
  if (summary !== undefined) build.tell(summary);
  return exit;
}

/** Exports what a builder solved to the caches that settings name, if there are any. */
async function exportSolved(
  build: Build,
  planned: PlannedBuild | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { config, session, env, project: workspace, tell: say, stream } = build;
  const caches = build.containers?.caches;
  if (caches === undefined || caches.targets.length === 0) return;
  const { exportCaches } = await import("./container/export-caches.ts");
  const { everybodysResults } = await import("./share/everybodys-results.ts");
  const { replayed, restored } = session.counts;
  const wanted = planned?.graph.units.filter(({ mode }) => mode !== "doctest").length ?? 0;
  const { store, solved } = session;
  store.flush(); // records that were just made are asked for
  const pusher = { store, env, workspace, lists: config };
  await exportCaches({
    ...{ caches, solved, signal, say, stream },
    isWhole: replayed + restored === 0 && session.units.length >= wanted,
    everybodys: (instances) => everybodysResults(instances, pusher, signal),
  });
}

function saveLog({ session, invocation, started, project: workspace }: Build): void {
  const { units, notes } = session;
  if (units.length === 0) return;
  const finished = Date.now();
  const command = ["cargo", ...invocation.args];
  session.store.saveBuild({ schema: BUILD_LOG_SCHEMA, workspace, started, finished, command, notes, units });
}

function writeTrace(
  { session, config, tell, say }: Build,
  { units, directory }: NonNullable<Build["trace"]>,
): void {
  try {
    units.write(directory, { history: session.store, prefix: config.tracePrefix });
    tell(`wrote the trace to ${directory} (it holds the values of variables)`);
  } catch (thrown) {
    say(`could not write the trace to ${directory}: ${GreenError.from(thrown).message}`);
  }
}
