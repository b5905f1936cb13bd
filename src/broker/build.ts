// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomBytes } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import {
  type CargoInvocation,
  mayCompile,
  optionValue,
  parseCargoInvocation,
  wrapInvocation,
} from "../cargo/invocation.ts";
import { projectDirectory } from "../cargo/project.ts";
import { findOtherWrapper } from "../cargo/wrapper-settings.ts";
import type { Config } from "../config/config.ts";
import { resolveConfig } from "../config/resolve.ts";
import { GreenError } from "../error.ts";
import { BUILD_LOG_SCHEMA } from "../store/build-log.ts";
import { openUnitStore } from "../store/open-unit-store.ts";
import { buildSummary } from "../ui/build-summary.ts";
import { VERSION } from "../version.ts";
import { type CargoExit, startCargo } from "./cargo-process.ts";
import { type ShimServer, startServer } from "./server.ts";
import { Session } from "./session.ts";
import { prepareShim } from "./shim.ts";
import { socketDirectory } from "./socket-directory.ts";

/** What `cargo green <a cargo command>` needs of the outside. */
export interface BuildContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Writes one status line of ours to stderr, among Cargo's. */
  readonly say: (text: string) => void;
}

/**
 * Runs Cargo with our shim as its compiler wrapper and answers the shims. Resolves to Cargo's exit status.
 * If our own part cannot be set up, Cargo runs without it, and one line says why.
 */
export async function runCargo(argv: readonly string[], context: BuildContext): Promise<CargoExit> {
  const invocation = parseCargoInvocation(argv);
  const config = resolveConfig(context);
  if (!(config.enabled && mayCompile(invocation))) return plainCargo(invocation, context);
  let build: Build;
  try {
    build = await setUp(config, invocation, context);
  } catch (thrown) {
    const error = GreenError.from(thrown);
    context.say(`builds without the cache: ${error.message}`);
    return plainCargo(invocation, context);
  }
  return runBuild(build, invocation, context);
}

interface Build {
  readonly shim: string;
  readonly session: Session;
  readonly server: ShimServer;
}

async function setUp(config: Config, invocation: CargoInvocation, context: BuildContext): Promise<Build> {
  const { env, say } = context;
  const shim = await prepareShim(config, env, say);
  const store = openUnitStore(config.cacheDir);
  const log = config.log === "debug" ? say : () => {};
  const session = new Session({
    store,
    config,
    standIn: shim.kind === "native" ? shim.path : undefined,
    shim: shim.kind === "native" ? shim.path : undefined,
    ambient: new Map(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    say: invocation.quiet ? () => {} : say,
    version: VERSION,
    project: projectOf(invocation, context.cwd),
    log,
  });
  const directory = socketDirectory({ runtimeDir: env["XDG_RUNTIME_DIR"], uid: process.getuid?.() ?? 0 });
  const server = await startServer({
    socketPath: join(directory, `${randomBytes(6).toString("hex")}.sock`),
    handle: (request, run) => session.handle(request, run),
    onError: (error) => log(`broker: ${error.stack ?? error.message}`),
  });
  const other = findOtherWrapper(env, context.cwd);
  if (other !== undefined && !invocation.quiet) {
    say(
      `takes the place of the compiler wrapper "${other.program}" (set by ${other.setBy}); ` +
        "plain `cargo` still uses it",
    );
  }
  return { shim: shim.path, session, server };
}

async function runBuild(
  build: Build,
  invocation: CargoInvocation,
  context: BuildContext,
): Promise<CargoExit> {
  const { session, server } = build;
  const started = Date.now();
  const wrapped = wrapInvocation(invocation, build.shim);
  const cargo = startCargo({
    toolchain: invocation.toolchain,
    args: wrapped.args,
    env: { ...context.env, RUSTC_WRAPPER: undefined, ...wrapped.env, CARGOGREEN_SOCKET: server.socketPath },
    onSignal: () => server.cancelAll(),
  });
  const exit = await cargo;
  server.cancelAll(); // shims that outlive their Cargo have nobody to report to
  await session.drain();
  await server.close();
  const { units } = session;
  if (units.length > 0) {
    session.store.saveBuild({
      schema: BUILD_LOG_SCHEMA,
      workspace: projectOf(invocation, context.cwd),
      started,
      finished: Date.now(),
      command: ["cargo", ...invocation.args],
      units,
    });
  }
  session.store.flush();
  session.store.close();
  const summary = buildSummary(session.counts);
  if (summary !== undefined && !invocation.quiet) context.say(summary);
  return exit;
}

function plainCargo(invocation: CargoInvocation, context: BuildContext): Promise<CargoExit> {
  return startCargo({ toolchain: invocation.toolchain, args: invocation.args, env: context.env });
}

function projectOf(invocation: CargoInvocation, cwd: string): string {
  const manifest = optionValue(invocation.args, "--manifest-path");
  return projectDirectory(manifest === undefined ? cwd : dirname(resolve(cwd, manifest)));
}
