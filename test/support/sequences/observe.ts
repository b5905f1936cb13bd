// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import type { Build, CargoOptions } from "../sandbox.ts";
import { cargoArguments, cargoEnvironment, profileDirectory, type Situation } from "./cargo-call.ts";
import type { Facts } from "./facts.ts";
import type { Ground } from "./ground.ts";
import type { Command, Tool } from "./steps.ts";

/** What one build showed. */
export interface Observation {
  readonly facts: Facts;
  /** What cargo said, for people. */
  readonly stderr: string;
}

/** Not `Running`, which `cargo run` and `cargo test` say of programs. */
const NOT_FRESH = /^ +(?:Dirty|Compiling|Checking) (\S+)/gm;

export function callOptions({ mode }: Ground, situation: Situation): CargoOptions {
  return {
    in: join(situation.checkout, "ws"),
    expect: "any",
    env: { ...cargoEnvironment(situation), ...mode.env },
    ...(mode.toolchain === undefined ? {} : { toolchain: mode.toolchain }),
  };
}

/** Builds, and runs what was built. */
export async function observe(
  tool: Tool,
  command: Command,
  situation: Situation,
  ground: Ground,
): Promise<Observation> {
  const built = await call(tool, cargoArguments(command, situation), situation, ground);
  const facts: Record<string, string> = { "exit status": `${built.status}` };
  if (built.status === 0) {
    const warnings = built.stderr.matchAll(/unused variable: `(\w+)`/g);
    for (const [, name] of warnings) facts[`warning ${name}`] = "said";
    for (const line of await linesOf(command, built, situation, ground)) {
      const at = line.indexOf("=");
      const value = line.slice(at + 1).replace(/\/build\/.*/, "");
      facts[`line ${line.slice(0, at)}`] = named(value, ground);
    }
  }
  return { facts, stderr: built.stderr };
}

/** What plain cargo has to do in the same place: a fact if it is anything. */
export async function observeFreshness(
  command: Command,
  situation: Situation,
  ground: Ground,
): Promise<Observation> {
  const again = await call("plain", cargoArguments(command, situation, ["-v"]), situation, ground);
  const dirty = [...new Set([...again.stderr.matchAll(NOT_FRESH)].map(([, name]) => name))].sort();
  const fresh = again.status === 0 && dirty.length === 0;
  return {
    facts: fresh ? {} : { afterwards: `built again: ${dirty.join(" ")}` },
    stderr: again.stderr,
  };
}

/** A path below the sandbox as facts have it. */
export function named(path: string, { sandbox }: Ground): string {
  return path.replaceAll(sandbox.root, "@root");
}

function call(tool: Tool, args: readonly string[], situation: Situation, ground: Ground): Promise<Build> {
  const { sandbox, plain, wrapper } = ground;
  const options = callOptions(ground, situation);
  if (plain || tool === "plain") return sandbox.cargo(args, options);
  if (tool === "green") return sandbox.green(args, options);
  return sandbox.cargo(args, { ...options, env: { ...options.env, RUSTC_WRAPPER: wrapper } });
}

async function linesOf(
  command: Command,
  { stdout }: Build,
  situation: Situation,
  { sandbox }: Ground,
): Promise<readonly string[]> {
  if (command === "check" || command === "part") return [];
  if (command === "run") return stdout.trim().split("\n");
  if (command === "test") return [...stdout.matchAll(/^TEST (.*)$/gm)].map(([, line]) => line ?? "");
  const program = join(profileDirectory(situation), "app");
  return (await sandbox.run([program], { in: sandbox.root })).trim().split("\n");
}
