// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { type CargoInvocation, projectStart } from "../cargo/invocation.ts";
import { projectDirectory } from "../cargo/project.ts";
import { variablesOf } from "../cargo/variables.ts";
import { findOtherWrapper } from "../cargo/wrapper-settings.ts";
import { type Config, saysMuch } from "../config/config.ts";
import type { ResolvedConfig } from "../config/resolve.ts";
import { openUnitStore } from "../store/open-unit-store.ts";
import { VERSION } from "../version.ts";
import type { Containers } from "./container/containers.ts";
import {
  type OpenContainers,
  type OpenedContainers,
  openContainers as openUsersContainers,
} from "./container/open-containers.ts";
import { Machine } from "./machine.ts";
import type { LearntBuild } from "./replay/learn-build.ts";
import { type BeforeCargo, learnAhead } from "./replay/plan-build.ts";
import { compilerProgram, toolchainFiles } from "./replay/toolchain-files.ts";
import { type ShimServer, startServer } from "./server.ts";
import { Session } from "./session.ts";
import type { BuildShare } from "./share/build-share.ts";
import { nativeShim, prepareShim } from "./shim.ts";
import { socketDirectory } from "./socket-directory.ts";
import type { TraceDirectory } from "./trace-directory.ts";

/** What is to be built, and who wants it. */
export interface BuildRequest {
  readonly resolved: ResolvedConfig;
  readonly invocation: CargoInvocation;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Writes one status line of ours to stderr, among Cargo's. */
  readonly say: (line: string) => void;
  /** Where a trace goes. Undefined: nowhere. */
  readonly traceDirectory: string | undefined;
  /** Finds what runs units in containers. Default: the user's own builder. */
  readonly openContainers?: OpenContainers | undefined;
}

/** One build with all that it works with. */
export interface Build {
  readonly config: Config;
  readonly invocation: CargoInvocation;
  /** What Cargo is started with. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The directory of the package or workspace that is built. */
  readonly project: string;
  /** As in the request. */
  readonly say: (line: string) => void;
  /** The same, unless Cargo is to be quiet. */
  readonly tell: (line: string) => void;
  /** A terminal to show progress on, if there is any to be shown. */
  readonly stream: NodeJS.WriteStream | undefined;
  readonly log: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly shim: string;
  readonly session: Session;
  readonly containers: Containers | undefined;
  readonly server: ShimServer;
  /** True if there is a native shim, and replaying is not switched off. */
  readonly replays: boolean;
  /** What is asked before Cargo starts, and, where something else had to be waited for, what is being found out. */
  readonly before: BeforeCargo;
  readonly learning: Promise<LearntBuild> | undefined;
  readonly trace: { readonly units: TraceDirectory; readonly directory: string } | undefined;
}

/** Throws GreenError if something of ours cannot be had. */
export async function openBuild(request: BuildRequest): Promise<Build> {
  const { resolved, invocation, env, cwd, say, traceDirectory } = request;
  const { openContainers = openUsersContainers } = request;
  const { config } = resolved;
  const shim = await prepareShim(config, env, say);
  const native = nativeShim(shim);
  const store = openUnitStore(config.cacheDir);
  const log = saysMuch(config) ? say : () => {};
  const tell = invocation.quiet ? () => {} : say;
  const project = projectOf(invocation, cwd);
  const trace =
    traceDirectory === undefined
      ? undefined
      : { units: new (await import("./trace-directory.ts")).TraceDirectory(), directory: traceDirectory };
  // What is installed from elsewhere is not locked by the lockfile that happens to be here.
  const machine = new Machine(store, projectStart(invocation, cwd) && project);
  const opening = Promise.withResolvers<OpenedContainers>();
  const before: BeforeCargo = {
    ...{ invocation, env: cargoEnv(config, env), cwd, shim: shim.path, log },
    onStatus: (line) => {
      if (!invocation.quiet) process.stderr.write(`${line}\n`);
    },
    // Once Cargo works; whoever waits for containers is told of what fails.
    onAsked: () => void opening.promise.then(getReady, () => {}),
  };
  const replays = config.replay && native !== undefined;
  // A builder is waited for about as long as Cargo.
  const learning =
    replays && config.runner !== "host"
      ? learnAhead(before, { store, toolchain: (rustc, variables) => machine.toolchain(rustc, variables) })
      : undefined;
  learning?.catch(() => {}); // whoever plans with it is told
  openContainers({
    ...{ resolved, invocation, env, cwd, store, project },
    observe: trace && ((event) => trace.units.sent(event)),
  }).then(opening.resolve, opening.reject);
  const { containers, notice } = await opening.promise.catch(async (thrown: unknown) => {
    await learning?.catch(() => {});
    store.close();
    throw thrown;
  });
  const session = new Session({
    ...{ store, config, machine, containers, log },
    trace: trace?.units,
    shim: native,
    ambient: variablesOf(env),
    say: invocation.quiet ? undefined : say,
    verbose: invocation.verbose || config.log === "info" || saysMuch(config),
    version: VERSION,
  });
  if (notice !== undefined) session.tell(notice);
  const sockets = socketDirectory({ runtimeDir: env["XDG_RUNTIME_DIR"], uid: process.getuid?.() ?? 0 });
  const server = await startServer({
    socketPath: join(sockets, `${randomBytes(6).toString("hex")}.sock`),
    handle: (request, run, signal) => session.handle(request, { run, signal }),
    onError: (error) => log(`broker: ${error.stack ?? error.message}`),
  });
  const other = findOtherWrapper(env, cwd);
  if (other !== undefined) {
    tell(
      `takes the place of the compiler wrapper "${other.program}" (set by ${other.setBy}); ` +
        "plain `cargo` still uses it",
    );
  }
  return {
    ...{ config, invocation, cwd, project, say, tell, log, session, containers, server, trace },
    ...{ replays, before, learning },
    started: Date.now(),
    env: before.env,
    stream: invocation.quiet ? undefined : process.stderr,
    shim: shim.path,
  };
}

function getReady({ containers }: OpenedContainers): void {
  setImmediate(() => containers?.getReady());
}

/** What remotes have to do with a build; undefined if nothing, and then nothing of it is loaded. */
export async function openShare(build: Build): Promise<BuildShare | undefined> {
  const { config, invocation, env, cwd, session, tell: say } = build;
  if (!build.replays || Object.keys(config.remotes).length === 0) return undefined;
  // What remotes are asked depends on the compiler: it works while what speaks to them is loaded.
  const files = await toolchainFiles(invocation, env, cwd);
  await session.askToolchain(compilerProgram(files, env), variablesOf(env));
  const { openBuildShare } = await import("./share/build-share.ts");
  return openBuildShare({ config, invocation, env, cwd, session, say });
}

/** Incremental compilations are not cached, so there are none unless somebody asked for them. */
function cargoEnv(config: Config, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const incremental = config.incremental || env["CARGO_INCREMENTAL"] !== undefined;
  return incremental ? env : { ...env, CARGO_INCREMENTAL: "0" };
}

/** The directory of the package or workspace that an invocation is about. */
export function projectOf(invocation: CargoInvocation, cwd: string): string {
  const start = projectStart(invocation, cwd) ?? cwd;
  return projectDirectory(start.endsWith(".toml") ? dirname(start) : start);
}
