// SPDX-License-Identifier: MIT OR Apache-2.0
// See hack/engine.
import { readAccess } from "./engine.d/access.ts";
import { enginesDirectory, runDirectory } from "./engine.d/directory.ts";
import { ENGINE_NAMES, ENGINES, type EngineName, isEngine } from "./engine.d/engines.ts";
import { installEngines } from "./engine.d/install.ts";
import { endRootlessPodman, rootlessPodman } from "./engine.d/rootless-podman.ts";
import { Running } from "./engine.d/running.ts";
import { formatStatus } from "./engine.d/status.ts";
import { startEngines } from "./engine.d/up.ts";

const IN_MEMORY = "--in-memory";

const USAGE = `Usage: hack/engine up [NAME…]        starts engines, unless some run; brings first what they lack
                                    with ${IN_MEMORY} their data are there, several gigabytes
       hack/engine down             stops them, and removes all that they made
       hack/engine status           tells what runs, and how to reach it; fails if nothing does
       hack/engine install [NAME…]  brings what they lack

Needs root. Programs and the base image are kept in ${enginesDirectory(process.env)}.
${ENGINE_NAMES.map((name) => `  ${name.padEnd(10)} ${ENGINES[name].title}`).join("\n")}
`;

const { env } = process;
const running = new Running(runDirectory(env));
const [action, ...args] = process.argv.slice(2);
const inMemory = args.includes(IN_MEMORY);
const rest = args.filter((arg) => !(action === "up" && arg === IN_MEMORY));
const names = rest.length === 0 ? ENGINE_NAMES : rest.filter(isEngine);
const understood = rest.every(isEngine);

if (action === "--help") process.stdout.write(USAGE);
else if (action === "status" && rest.length === 0) status();
else if (action === "up" && understood) await asRoot(up);
else if (action === "install" && understood) await asRoot(install);
else if (action === "down" && rest.length === 0) await asRoot(stop);
else {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}

async function up(): Promise<void> {
  const there = readAccess(running)?.engines;
  if (there !== undefined) {
    failedToHave(names.filter((name) => there[name] === undefined));
    return;
  }
  await stop();
  const lacking = await installEngines(names, env, say);
  const able = names.filter((name) => !lacking.includes(name));
  try {
    if (inMemory) running.moveToMemory();
    const failed = able.length === 0 ? [] : await startEngines(able, { running, env, say });
    failedToHave([...lacking, ...failed]);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    await stop();
    failedToHave(names);
  }
}

async function stop(): Promise<void> {
  await endRootlessPodman(rootlessPodman(running.directory));
  await running.stop(env);
}

async function install(): Promise<void> {
  failedToHave(await installEngines(names, env, say));
}

async function asRoot(action: () => Promise<void>): Promise<void> {
  if (process.getuid?.() === 0) return action();
  say("Engines need root");
  process.exitCode = 1;
}

function status(): void {
  const lines = formatStatus(running);
  if (lines.length === 0) {
    say("No engine runs: hack/engine up");
    process.exitCode = 1;
  }
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function failedToHave(missing: readonly EngineName[]): void {
  if (missing.length === 0) return;
  say(`Not there: ${missing.join(", ")}. Tests that need them are skipped, and fail with CI=true`);
  process.exitCode = 1;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
