// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawn } from "node:child_process";
import { GreenError } from "../error.ts";
import { isInForeground } from "./foreground.ts";

export interface CargoCommand {
  /** `nightly` for `cargo +nightly`: only rustup's proxy on PATH understands it. */
  readonly toolchain: string | undefined;
  readonly args: readonly string[];
  /** Undefined values are removed. */
  readonly env: NodeJS.ProcessEnv;
  /** Called when we are told to end, after Cargo was told. */
  readonly onSignal?: () => void;
  /** True if a terminal's ^C reaches Cargo by itself. Default: as the system says. */
  readonly inForeground?: () => boolean;
}

/** Cargo's exit status, or the signal that killed it. */
export type CargoExit = number | NodeJS.Signals;

/** These are sent to us alone, so Cargo must be told. So is SIGINT where it cannot be a terminal's ^C. */
const FORWARDED = ["SIGTERM", "SIGHUP"] as const;

/**
 * Which program is Cargo, and all of its arguments.
 * `$CARGO`, which Cargo sets for its subcommands, spares rustup's proxy; it is not used when a toolchain is named.
 */
export function cargoProgram(
  toolchain: string | undefined,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): { readonly program: string; readonly argv: readonly string[] } {
  if (toolchain !== undefined) return { program: "cargo", argv: [`+${toolchain}`, ...args] };
  return { program: env["CARGO"] ?? "cargo", argv: args };
}

/**
 * Starts Cargo on our own terminal and waits for it.
 * Throws GreenError "environment" if there is no Cargo.
 */
export async function startCargo(command: CargoCommand): Promise<CargoExit> {
  const { toolchain, args, env, onSignal, inForeground = isInForeground } = command;
  const { program, argv } = cargoProgram(toolchain, args, env);
  const child = spawn(program, argv, { stdio: "inherit", env });
  const forward = (signal: NodeJS.Signals) => {
    child.kill(signal);
    onSignal?.();
  };
  const interrupt = (signal: NodeJS.Signals) => {
    if (inForeground()) onSignal?.();
    else forward(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  process.on("SIGINT", interrupt);
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
    process.off("SIGINT", interrupt);
  }
}

/** A Cargo that is started once, by whoever is first to say so. */
export class CargoRun {
  readonly #command: CargoCommand;
  #ended: Promise<CargoExit> | undefined;
  #isForbidden = false;

  constructor(command: CargoCommand) {
    this.#command = command;
  }

  /** Starts it, unless that was forbidden. */
  start(): void {
    if (!this.#isForbidden) this.ended().catch(() => {}); // who waits for its end is told
  }

  /** `start` does nothing from now on: a signal has come, which a Cargo that is started later does not get. */
  forbid(): void {
    this.#isForbidden = true;
  }

  /** Its end, as `startCargo` tells it. It is started if it was not. */
  ended(): Promise<CargoExit> {
    this.#ended ??= startCargo(this.#command);
    return this.#ended;
  }

  /** Resolves when it has ended; at once if it was not started. */
  async gone(): Promise<void> {
    await this.#ended?.catch(() => {});
  }
}
