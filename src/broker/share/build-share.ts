// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import type { WriteStream } from "node:tty";
import { nodeFiles } from "../../cargo/files.ts";
import { type CargoInvocation, projectStart } from "../../cargo/invocation.ts";
import { findLockfile, parseLockfile } from "../../cargo/lockfile.ts";
import { variablesOf } from "../../cargo/variables.ts";
import type { Config } from "../../config/config.ts";
import { allRemotes, type NamedRemote } from "../../config/remotes.ts";
import { GreenError } from "../../error.ts";
import { unitTagPrefix } from "../../remote/format/tag.ts";
import type { Remote } from "../../remote/remote.ts";
import { plural } from "../../ui/count.ts";
import { type TransferMeter, withTransferProgress } from "../../ui/progress.ts";
import { formatSize } from "../../ui/size.ts";
import type { InstanceId, PlanKey } from "../../unit/digest.ts";
import { readCargoConfig } from "../replay/cargo-config.ts";
import type { PlannedBuild } from "../replay/plan-build.ts";
import { compilerProgram, toolchainFiles } from "../replay/toolchain-files.ts";
import type { Session } from "../session.ts";
import { BuildFetch, connectIfNew, type FetchOptions } from "./fetch-build.ts";
import { fetchSources } from "./fetch-sources.ts";
import { LazyFetch } from "./lazy-fetch.ts";
import { machineWords } from "./machine-words.ts";
import { failureLine, OpenedRemotes, reasonOf } from "./opened-remotes.ts";
import { type PackNote, readPackNote } from "./pack-note.ts";
import { packScope } from "./pack-scope.ts";
import { type PushPreparation, preparePush } from "./prepare-push.ts";
import { publicPlans, withMirror } from "./public-packages.ts";
import { StagingThread } from "./staging-thread.ts";
import { unlessStalled } from "./unless-stalled.ts";

/** What stores units may take so many times as long as what answers questions. */
const PUSH_PATIENCE = 10;

export interface ShareContext {
  readonly config: Config;
  readonly invocation: CargoInvocation;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly session: Session;
  readonly say: (line: string) => void;
}

/** What a build has to do with remotes before Cargo starts. */
export interface BuildShare {
  /** Asks remotes at once for what this lockfile's builds left there. Never rejects. */
  begin(): Promise<void>;
  /**
   * Gets what the store lacks of a planned build; by instance, names of remotes. Never rejects. What Cargo then has
   * compiled is got ready to be pushed, where it will be.
   * @param stream a terminal to show on how that goes, if it takes a while
   */
  complete(planned: PlannedBuild, stream: WriteStream | undefined): Promise<ReadonlyMap<InstanceId, string>>;
  /** Nothing more is wanted of remotes. Never rejects. */
  cancel(): Promise<void>;
  /** Does something that may ask, and cancels as soon as the signal says so. */
  until<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T>;
  /** Sends what a build was made of, where settings say so. Never rejects: a build that succeeded stays one. */
  push(planned: PlannedBuild | undefined, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What a build has to do with remotes. */
export function openBuildShare(context: ShareContext): BuildShare {
  const { config, session } = context;
  const remotes = new OpenedRemotes(context);
  let left = 0;
  let meter: TransferMeter = {
    moved(bytes) {
      left -= bytes;
    },
    expected(bytes) {
      left += bytes;
    },
  };
  const told: TransferMeter = {
    moved: (bytes) => meter.moved(bytes),
    expected: (bytes) => meter.expected(bytes),
  };
  const opened = openFetch(context, remotes, told).catch((thrown: unknown) => {
    context.say(`goes on without remotes: ${GreenError.from(thrown).message}`);
    return undefined;
  });
  const pushes = config.push === "on-success" ? allRemotes(config).filter(({ push }) => push) : [];
  let preparation: PushPreparation | undefined;
  const prepare = ({ place: { workspace } }: PlannedBuild) => {
    if (pushes.length === 0) return;
    const preparing = preparePush(pushes, session.store, machineWords(context.env, workspace));
    session.tellRecorded(preparing.add);
    preparation = preparing;
  };
  const cancel = async () => (await opened)?.cancel();
  return {
    async begin() {
      const ahead = (await opened)?.ahead;
      if (ahead?.begin() === true) void session.getReady(variablesOf(context.env));
    },
    async complete(planned, stream) {
      prepare(planned);
      const ahead = (await opened)?.ahead;
      if (ahead === undefined) return new Map();
      const wanted = {
        plans: planned.keys,
        publicPlans: publicPlans(planned.graph, planned.keys, planned.packages, config),
        tagPrefixes: tagPrefixes(planned),
      };
      const { units } = await withTransferProgress({ title: "Fetching units", stream }, (shown) => {
        meter = shown;
        if (left > 0) shown.expected(left); // of what was begun before
        return ahead.complete(wanted);
      });
      return units;
    },
    cancel,
    async until(signal, task) {
      const abort = () => void cancel();
      signal.addEventListener("abort", abort, { once: true });
      try {
        return await task();
      } finally {
        signal.removeEventListener("abort", abort);
      }
    },
    async push(planned, signal) {
      await preparation?.stop();
      if (planned === undefined || pushes.length === 0) return;
      session.store.flush(); // what this build has just noted is what is pushed
      const note = readPackNote(session.store, planned.place.workspace);
      if (note === undefined) return;
      await Promise.all(
        pushes.map(async (named) => {
          // What did not answer before is not waited for again.
          const isOff = (await opened)?.isOff(named.name) === true;
          const remote = isOff ? undefined : await remotes.open(named);
          if (remote !== undefined) await pushTo(remote, named, note, planned, context, signal);
        }),
      );
    },
    async close() {
      await preparation?.stop();
      await remotes.close();
    },
  };
}

interface Fetching {
  /** Fetches before Cargo starts; undefined if units are fetched when they are wanted. */
  readonly ahead: BuildFetch | undefined;
  cancel(): Promise<void>;
  /** True for a remote that did not answer. */
  isOff(name: string): boolean;
}

async function openFetch(
  { config, invocation, env, cwd, session, say }: ShareContext,
  remotes: OpenedRemotes,
  { moved, expected }: TransferMeter,
): Promise<Fetching | undefined> {
  const pulls = allRemotes(config).filter(({ pull }) => pull);
  const start = projectStart(invocation, cwd);
  const lockfile = start === undefined ? undefined : findLockfile(start, nodeFiles("utf8"));
  if (pulls.length === 0 || config.fetch === "off" || lockfile === undefined) return undefined;
  // It is loaded while the compiler is asked.
  const connect = (remote: Remote | undefined) => remote && connectIfNew(remote, session.store);
  for (const named of pulls) void remotes.open(named).then(connect);
  const files = await toolchainFiles(invocation, env, cwd);
  const rustc = await session.toolchain(compilerProgram(files, env), variablesOf(env));
  const cargoConfig = readCargoConfig(invocation, cwd, env);
  const scope = packScope({ invocation, env, config: cargoConfig, rustc });
  const packages = withMirror(parseLockfile(readFileSync(lockfile, "utf8")), cargoConfig);
  const lists = config;
  const sources = await fetchSources(pulls, remotes, { scope, packages, lists });
  const off = new Set<string>();
  const isOff = (name: string) => off.has(name);
  const options: FetchOptions = {
    scope,
    store: session.store,
    now: Date.now,
    onBytes: moved,
    onExpected: expected,
    ...{ packages, lists },
    onFailure({ remote }, thrown) {
      if (GreenError.from(thrown).code === "unreachable") off.add(remote.name);
      say(failureLine(remote, thrown));
    },
  };
  if (config.fetch === "replay") {
    const ahead = new BuildFetch(sources, { ...options, startStaging: () => new StagingThread() });
    return { ahead, cancel: () => ahead.cancel(), isOff };
  }
  const lazy = new LazyFetch(sources, options);
  session.fetchBy((plan) => lazy.fetch(plan));
  return { ahead: undefined, cancel: async () => lazy.cancel(), isOff };
}

async function pushTo(
  remote: Remote,
  { visibility, unitTags, name, budgetMs }: NamedRemote,
  note: PackNote,
  { place: { workspace } }: PlannedBuild,
  { config, env, session: { store }, say }: ShareContext,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { pushWorkspace } = await import("./push-workspace.ts");
    const pusher = { store, env, workspace, lists: config };
    const bounded = unlessStalled(remote, PUSH_PATIENCE * budgetMs);
    const opened = { remote: bounded, visibility, unitTags };
    const { units, bytes } = await pushWorkspace(note, opened, pusher, { signal });
    const pushed = units.filter(({ fate }) => fate.kind === "push").length;
    if (pushed > 0) say(`pushed ${plural(pushed, "unit")} to ${name} (${formatSize(bytes)})`);
  } catch (thrown) {
    if (signal.aborted) return;
    say(`did not push to "${name}": ${reasonOf(thrown)}`);
  }
}

/** By the names that tags of units begin with. */
function tagPrefixes({ graph, keys, scope }: PlannedBuild): ReadonlyMap<PlanKey, string> {
  const { rustc, profile } = scope;
  return new Map(
    graph.units.flatMap(({ packageId: { name, version }, platform }, at) => {
      const key = keys[at];
      const triple = platform ?? scope.triple;
      return key === undefined
        ? []
        : [[key, unitTagPrefix({ package: name, version, rustc, triple, profile })]];
    }),
  );
}
