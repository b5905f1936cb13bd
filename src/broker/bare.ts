// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { projectDirectory } from "../cargo/project.ts";
import { placeInTarget } from "../cargo/target-layout.ts";
import type { Config } from "../config/config.ts";
import { ConfigReader } from "../config/reader.ts";
import { resolveConfig } from "../config/resolve.ts";
import { DEFAULT_IDLE_MS } from "../config/settings.ts";
import { GreenError } from "../error.ts";
import { BUILD_LOG_SCHEMA } from "../store/build-log.ts";
import { openUnitStore } from "../store/open-unit-store.ts";
import { VERSION } from "../version.ts";
import type { FinalAnswer, ShimRequest } from "./protocol.ts";
import { type RunChild, startServer } from "./server.ts";
import { Session } from "./session.ts";
import { prepareShim } from "./shim.ts";
import { utf8Request } from "./utf8-request.ts";

/**
 * How long nothing may be under way before what is known of a build is forgotten: the next request may come from
 * another build, with another lockfile, commit or compiler. Milliseconds.
 */
const BUILD_PAUSE_MS = 300;

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
  let idleMs = DEFAULT_IDLE_MS;
  const idle = Promise.withResolvers<void>();
  const server = await startServer({
    socketPath,
    handle: async (request, run) => {
      const origin = await originOf(request, reader);
      if (origin === undefined || !origin.config.enabled) return { kind: "exec" };
      idleMs = origin.config.idleMs;
      const key = `${origin.config.cacheDir}\0${origin.project}`;
      const known = builds.get(key);
      const build = known ?? BareBuild.open(origin, () => builds.delete(key));
      if (known === undefined) builds.set(key, build);
      return (await build).handle(request, run);
    },
    idleMs: () => idleMs,
    onIdle: () => idle.resolve(),
  });
  await idle.promise;
  await server.close();
  return 0;
}

interface Origin {
  readonly config: Config;
  readonly project: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Whose request this is: the settings that hold for it, and the project by its target directory. */
async function originOf(raw: ShimRequest, reader: ConfigReader): Promise<Origin | undefined> {
  const request = utf8Request(raw);
  if (request === undefined) return undefined;
  const env = Object.fromEntries(request.env);
  const at = request.argv.indexOf("--out-dir");
  const output = request.env.get("OUT_DIR") ?? request.argv[at + 1] ?? request.cwd;
  const project = projectDirectory(dirname(placeInTarget(output, undefined)?.root ?? join(output, "x")));
  // Cargo compiles a registry's packages in their own directories; where it was started from, it leaves in PWD.
  const pwd = request.env.get("PWD");
  const cwd = pwd !== undefined && isAbsolute(pwd) ? pwd : request.cwd;
  const start = existsSync(join(project, "Cargo.toml")) ? project : cwd;
  const { config } = await resolveConfig({ env, cwd, start, reader });
  return { config, project, env };
}

/** What is known while one build goes on. */
class BareBuild {
  readonly #session: Session;
  readonly #project: string;
  readonly #forget: () => void;
  readonly #started = Date.now();
  #underWay = 0;
  #pause: NodeJS.Timeout | undefined;

  private constructor(session: Session, project: string, forget: () => void) {
    this.#session = session;
    this.#project = project;
    this.#forget = forget;
  }

  static async open({ config, project, env }: Origin, forget: () => void): Promise<BareBuild> {
    const shim = await prepareShim(config, env, () => {});
    const session = new Session({
      store: openUnitStore(config.cacheDir),
      config,
      standIn: shim.kind === "native" ? shim.path : undefined,
      shim: shim.kind === "native" ? shim.path : undefined,
      version: VERSION,
      project,
      log: () => {},
    });
    return new BareBuild(session, project, forget);
  }

  async handle(request: ShimRequest, run: RunChild): Promise<FinalAnswer> {
    clearTimeout(this.#pause);
    this.#underWay++;
    try {
      return await this.#session.handle(request, run);
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) this.#pause = setTimeout(() => this.#end(), BUILD_PAUSE_MS);
    }
  }

  async #end(): Promise<void> {
    this.#forget();
    const { store, units } = this.#session;
    await this.#session.drain();
    if (units.length > 0) {
      store.saveBuild({
        schema: BUILD_LOG_SCHEMA,
        workspace: this.#project,
        started: this.#started,
        finished: Date.now(),
        command: ["cargo"],
        units,
      });
    }
    store.close();
  }
}
