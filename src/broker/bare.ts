// SPDX-License-Identifier: MIT OR Apache-2.0
import { saysMuch } from "../config/config.ts";
import { ConfigReader } from "../config/reader.ts";
import { allRemotes } from "../config/remotes.ts";
import { DEFAULT_IDLE_MS } from "../config/settings.ts";
import { GreenError } from "../error.ts";
import { BUILD_LOG_SCHEMA, type BuildLog } from "../store/build-log.ts";
import { openUnitStore } from "../store/open-unit-store.ts";
import type { BuildHistory } from "../store/store.ts";
import { VERSION } from "../version.ts";
import { type Origin, originOf, type RefusedOrigin } from "./bare-origin.ts";
import type { Containers } from "./container/containers.ts";
import { didNotRun } from "./container/did-not-run.ts";
import { openContainers } from "./container/open-containers.ts";
import { logFile } from "./log-file.ts";
import { Machine } from "./machine.ts";
import type { FinalAnswer, ShimRequest } from "./protocol.ts";
import { startServer } from "./server.ts";
import { Session } from "./session.ts";
import type { BareShare } from "./share/bare-share.ts";
import { nativeShim, prepareShim } from "./shim.ts";
import type { AskingShim } from "./unit-runner.ts";

/**
 * How long nothing may be under way before what is known of a build is forgotten: the next request may come from
 * another build, with another lockfile, commit or compiler. Milliseconds.
 */
const BUILD_PAUSE_MS = 300;

/**
 * Between two requests of one build there may be a compiler that was left alone, about which nobody hears: what the
 * build had to tell before is still told if the log before is no older than that. Milliseconds.
 */
const SAME_BUILD_MS = 30_000;

/** How long what was noted of a build without us holds. Milliseconds. */
const REFUSAL_PAUSE_MS = 10_000;

/**
 * The broker of this user and version, which a shim starts that finds none: `broker --socket PATH`.
 * It serves all builds of the user and takes nothing from its own environment: each request brings its own.
 * Resolves to the exit status when it has been idle.
 */
export async function runBareBroker(argv: readonly string[]): Promise<number> {
  const socketPath = argv[argv.indexOf("--socket") + 1];
  if (argv[0] !== "--socket" || socketPath === undefined) {
    throw new GreenError("usage", "The broker needs --socket PATH", {
      hint: "it is started by the shim; there is no need to call it",
    });
  }
  const builds = new Map<string, Promise<BareBuild>>();
  const reader = new ConfigReader();
  const refusals = new Refusals();
  let idleMs = DEFAULT_IDLE_MS;
  const idle = Promise.withResolvers<void>();
  const server = await startServer({
    socketPath,
    handle: async (request, run, signal) => {
      const origin = await originOf(request, reader);
      if (origin === undefined) return { kind: "exec" };
      if ("refused" in origin) {
        refusals.note(origin);
        return { kind: "exec" };
      }
      if (!origin.config.enabled) return { kind: "exec" };
      idleMs = origin.config.idleMs;
      const key = `${origin.config.cacheDir}\0${origin.project}`;
      const known = builds.get(key);
      const build = known ?? BareBuild.open(origin, () => builds.delete(key));
      if (known === undefined) {
        builds.set(key, build);
        build.catch(() => builds.delete(key)); // the disk may have room again for the next unit
      }
      const opened = await build.catch((thrown: unknown) => {
        const refused = refusalOf(origin, thrown);
        if (refused === undefined) throw thrown;
        return { handle: async () => refused };
      });
      return opened.handle(request, { run, signal });
    },
    idleMs: () => idleMs,
    onIdle: () => idle.resolve(),
  });
  await idle.promise;
  await server.close();
  return 0;
}

/** Who wants units in containers does not want them here: the unit fails, and a line says why. */
function refusalOf({ config: { runner } }: Origin, thrown: unknown): FinalAnswer | undefined {
  if (runner === "host" || runner === "auto") return undefined;
  return didNotRun("it", runner, GreenError.from(thrown)).answer;
}

/** Builds whose settings cannot be used: Cargo does without us, and `cache why` and `doctor` tell why. */
class Refusals {
  readonly #noted = new Map<string, number>();

  note({ project, cacheDir, refused }: RefusedOrigin): void {
    const key = [project, cacheDir, refused].join("\0");
    const now = Date.now();
    if (now - (this.#noted.get(key) ?? 0) < REFUSAL_PAUSE_MS) return;
    this.#noted.set(key, now);
    const store = openUnitStore(cacheDir);
    try {
      saveBuild(store, { project, started: now, notes: [`builds without the cache: ${refused}`], units: [] });
    } finally {
      store.close();
    }
  }
}

/** What is known while one build goes on. */
class BareBuild {
  readonly #session: Session;
  readonly #containers: Containers | undefined;
  readonly #share: Promise<BareShare | undefined>;
  readonly #project: string;
  readonly #forget: () => void;
  readonly #started = Date.now();
  #underWay = 0;
  #pause: NodeJS.Timeout | undefined;

  private constructor(
    session: Session,
    containers: Containers | undefined,
    share: Promise<BareShare | undefined>,
    { project }: Pick<Origin, "project">,
    forget: () => void,
  ) {
    this.#session = session;
    this.#containers = containers;
    this.#share = share;
    session.fetchBy(async (plan) => (await share)?.fetch(plan) ?? false);
    this.#project = project;
    this.#forget = forget;
  }

  static async open(origin: Origin, forget: () => void): Promise<BareBuild> {
    const { config, project, env } = origin;
    const shim = await prepareShim(config, env, () => {});
    const store = openUnitStore(config.cacheDir);
    const { containers, notice } = await openContainers({
      ...{ resolved: origin, invocation: undefined, env, cwd: project, project, store },
    }).catch((thrown: unknown) => {
      store.close();
      throw thrown;
    });
    const session = new Session({
      store,
      config,
      containers,
      shim: nativeShim(shim),
      version: VERSION,
      machine: new Machine(store, project),
      log: saysMuch(config) ? logFile(config.cacheDir) : () => {},
    });
    if (notice !== undefined) session.tell(notice);
    return new BareBuild(session, containers, openShare(origin, session), origin, forget);
  }

  async handle(request: ShimRequest, shim: AskingShim): Promise<FinalAnswer> {
    clearTimeout(this.#pause);
    this.#underWay++;
    try {
      return await this.#session.handle(request, shim);
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) this.#pause = setTimeout(() => this.#end(), BUILD_PAUSE_MS);
    }
  }

  async #end(): Promise<void> {
    this.#forget();
    const { store, units, notes } = this.#session;
    await this.#session.drain();
    await Promise.all([this.#containers?.close(), this.#share.then((share) => share?.close())]);
    if (units.length > 0) {
      const [project, started] = [this.#project, this.#started];
      const earlier = notesBefore(store.lastBuild(project), started);
      saveBuild(store, { project, started, notes: [...new Set([...earlier, ...notes])], units });
    }
    store.close();
  }
}

/** What there is to take from remotes, if there are any: their clients are heavy. Never rejects. */
async function openShare({ config, project, env }: Origin, session: Session): Promise<BareShare | undefined> {
  if (config.fetch === "off" || !allRemotes(config).some(({ pull }) => pull)) return undefined;
  try {
    const { BareShare } = await import("./share/bare-share.ts");
    return BareShare.open({ config, project, env, session, now: Date.now });
  } catch (thrown) {
    session.tell({ line: `goes on without remotes: ${GreenError.from(thrown).message}` });
    return undefined;
  }
}

interface BareLog extends Pick<BuildLog, "started" | "units"> {
  readonly project: string;
  readonly notes: readonly string[];
}

function notesBefore(last: BuildLog | undefined, started: number): readonly string[] {
  const isSame = last !== undefined && last.units.length > 0 && started - last.finished < SAME_BUILD_MS;
  return isSame ? (last.notes ?? []) : [];
}

function saveBuild(store: BuildHistory, { project, ...log }: BareLog): void {
  store.saveBuild({
    schema: BUILD_LOG_SCHEMA,
    workspace: project,
    finished: Date.now(),
    command: ["cargo"],
    ...log,
  });
}
