// SPDX-License-Identifier: MIT OR Apache-2.0
import { greenArguments, refuseOtherGreenFlags, takeGreenFlags } from "./green-flags.ts";
import { restoreLostVariables } from "./lost-variables.ts";
import { COMPLETE, route } from "./route.ts";
import { VERSION } from "./version.ts";

// Everything else is loaded when it is needed: what is imported above, each `cargo green` pays for.

/** A status, or the signal that ended what we stand for. */
type ExitStatus = number | NodeJS.Signals;

/** Runs the process: reads argv and env, dispatches, ends with the right status. Never rejects. */
export async function start(): Promise<void> {
  const argv = process.argv.slice(2);
  restoreLostVariables(process.env);
  end(await dispatch(argv, process.env).catch((thrown: unknown) => report(thrown, argv)));
}

/** The CLI framework is not part of a build, nor the broker part of `cache ls`. */
async function dispatch(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<ExitStatus> {
  // A command line that is still being written keeps its flags.
  const own = takeGreenFlags(argv[0] === COMPLETE ? [] : argv);
  await refuseOtherGreenFlags(own.args);
  const { to, args } = route(argv[0] === COMPLETE ? argv : own.args);
  switch (to) {
    case "version":
      process.stdout.write(`cargo-green ${VERSION}\n`);
      return 0;
    case "screen":
      process.stdout.write(`${(await import("../commands/screens.ts")).ROOT_SCREEN}\n`);
      return 0;
    case "cargo": {
      const [{ runCargo }, { reportTo, sayTo }] = await Promise.all([
        import("./broker/build.ts"),
        import("./console.ts"),
      ]);
      return runCargo(args, {
        ...{ env, cwd: process.cwd(), flags: own.flags },
        say: sayTo(process, args),
        report: (error) => void reportTo(process, error, args),
      });
    }
    case "broker":
      return (await import("./broker/bare.ts")).runBareBroker(args);
    case "completion": {
      const { answerShell } = await import("./completion/answer.ts");
      process.stdout.write(await answerShell(args, env, process.cwd()));
      return 0;
    }
    case "commands":
      endWithReader();
      return written(
        (await import("../commands/index.ts")).runCommand([...args, ...greenArguments(own.flags)]),
      );
  }
}

async function report(thrown: unknown, argv: readonly string[]): Promise<number> {
  const { reportTo } = await import("./console.ts");
  return reportTo(process, thrown, argv);
}

/** Ends as `status` says; by the signal itself, so that a shell sees what it would see of cargo. */
function end(status: ExitStatus): void {
  if (typeof status === "number") process.exit(status);
  const { constants } = process.getBuiltinModule("node:os");
  process.removeAllListeners(status);
  process.kill(process.pid, status);
  // Only if the signal was blocked or ignored.
  setTimeout(() => process.exit(128 + constants.signals[status]), 100);
}

/** Waits until stdout took everything: a pipe that is full takes the rest later, and exiting would lose it. */
async function written(result: Promise<number>): Promise<number> {
  const status = await result;
  await new Promise((resolve) => process.stdout.write("", resolve));
  return status;
}

/** `cargo green cache ls | head` ends quietly, as other tools do. */
function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}
