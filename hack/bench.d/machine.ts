// SPDX-License-Identifier: MIT OR Apache-2.0
// What a measurement is worth nothing without: which machine, which programs.
import { spawnSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";
import { findPeer, isPeer } from "./peers.ts";
import type { ToolName } from "./tools.ts";

/** Where and with what something was measured. */
export interface Made {
  /** ISO 8601. */
  readonly at: string;
  readonly processor: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly kernel: string;
  /** Type of the file system that was built on. */
  readonly fileSystem: string;
  /** What each program says of itself. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Asks everything that takes part for its version. */
export function describeMachine(
  tools: readonly ToolName[],
  green: string,
  directory: string,
  env: NodeJS.ProcessEnv,
): Made {
  const say = (program: string, ...args: string[]) => firstLine(program, args, env);
  const peers = tools.filter(isPeer).map((name) => [name, say(findPeer(name, env) ?? name, "--version")]);
  const [processor] = cpus();
  return {
    at: new Date().toISOString(),
    processor: processor?.model ?? "",
    cores: cpus().length,
    memory: totalmem(),
    kernel: release(),
    fileSystem: say("stat", "--file-system", "--format=%T", directory),
    versions: {
      "cargo-green": say(green, "--version"),
      cargo: say("cargo", "--version"),
      rustc: say("rustc", "--version"),
      node: process.version,
      ...Object.fromEntries(peers),
    },
  };
}

/** Versions on one line. */
export function formatMade({ versions, cores, fileSystem }: Made): string {
  const programs = Object.entries(versions).map(([name, text]) => {
    const version = /\d+\.\d[\w.+-]*/.exec(text)?.[0] ?? "?";
    return `${name} ${version}`;
  });
  return `${programs.join(" · ")} · ${cores} cores · ${fileSystem}`;
}

function firstLine(program: string, args: readonly string[], env: NodeJS.ProcessEnv): string {
  const { status, stdout } = spawnSync(program, args, { env, encoding: "utf8" });
  return status === 0 ? (stdout.trim().split("\n")[0] ?? "") : "";
}
