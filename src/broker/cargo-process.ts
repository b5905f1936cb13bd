// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawn } from "node:child_process";
import { GreenError } from "../error.ts";

export interface CargoCommand {
  /** `nightly` for `cargo +nightly`: only rustup's proxy on PATH understands it. */
  readonly toolchain: string | undefined;
  readonly args: readonly string[];
  /** Undefined values are removed. */
  readonly env: NodeJS.ProcessEnv;
  /** Called when we are told to end, after Cargo was told. */
  readonly onSignal?: () => void;
}

/** Cargo's exit status, or the signal that killed it. */
export type CargoExit = number | NodeJS.Signals;

/** A terminal's ^C reaches Cargo by itself; these are sent to us alone, so Cargo must be told. */
const FORWARDED = ["SIGTERM", "SIGHUP"] as const;

/**
 * Starts Cargo on our own terminal and waits for it.
 * `$CARGO`, which Cargo sets for its subcommands, spares rustup's proxy; it is not used when a toolchain is named.
 * Throws GreenError "environment" if there is no Cargo.
 */
export async function startCargo(command: CargoCommand): Promise<CargoExit> {
  const { toolchain, args, env, onSignal } = command;
  const program = (toolchain === undefined ? env["CARGO"] : undefined) ?? "cargo";
  const argv = toolchain === undefined ? args : [`+${toolchain}`, ...args];
  const child = spawn(program, argv, { stdio: "inherit", env });
  const forward = (signal: NodeJS.Signals) => {
    child.kill(signal);
    onSignal?.();
  };
  const ignore = () => onSignal?.();
  for (const signal of FORWARDED) process.on(signal, forward);
  process.on("SIGINT", ignore);
  try {
    return await new Promise<CargoExit>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code, signal) => resolve(signal ?? code ?? 1));
    });
  } catch (thrown) {
    throw new GreenError("environment", `"${program}" could not be started`, {
      cause: thrown,
      hint: "install Rust, or set CARGO to the path of cargo",
    });
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
    process.off("SIGINT", ignore);
  }
}
