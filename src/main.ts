// SPDX-License-Identifier: MIT OR Apache-2.0
import { route } from "./route.ts";
import { VERSION } from "./version.ts";

// Everything else is loaded when it is needed: what is imported above, each `cargo green` pays for.

/** A status, or the signal that ended what we stand for. */
type ExitStatus = number | NodeJS.Signals;

/** Runs the process: reads argv and env, dispatches, ends with the right status. Never rejects. */
export async function start(): Promise<void> {
  const argv = process.argv.slice(2);
  end(await dispatch(argv, process.env).catch((thrown: unknown) => report(thrown, argv)));
}

/** The CLI framework is not part of a build, nor the broker part of `cache ls`. */
async function dispatch(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<ExitStatus> {
  const { to, args } = route(argv);
  switch (to) {
    case "version":
      process.stdout.write(`cargo-green ${VERSION}\n`);
      return 0;
    case "cargo": {
      const [{ runCargo }, say] = await Promise.all([import("./broker/build.ts"), sayer(args)]);
      return runCargo(args, { env, cwd: process.cwd(), say });
    }
    case "broker":
      return (await import("./broker/bare.ts")).runBareBroker(args, env);
    case "commands":
      endWithReader();
      return (await import("../commands/index.ts")).runCommand(args);
  }
}

/** Writes our own lines among Cargo's, coloured if Cargo's are. */
async function sayer(args: readonly string[]): Promise<(text: string) => void> {
  const [{ colorFlagOf, paintFor }, { statusLine }] = await Promise.all([
    import("./ui/color.ts"),
    import("./ui/status.ts"),
  ]);
  const { env, stderr } = process;
  const paint = paintFor({ env, isTTY: stderr.isTTY, flag: colorFlagOf(args) });
  return (text) => stderr.write(`${statusLine("Green", text, paint)}\n`);
}

async function report(thrown: unknown, argv: readonly string[]): Promise<number> {
  const { paintFor } = await import("./ui/color.ts");
  const { exitStatusOf, formatFailure } = await import("./ui/failure.ts");
  const debug = argv.includes("--debug") || process.env["CARGOGREEN_LOG"] === "debug";
  const paint = paintFor({ env: process.env, isTTY: process.stderr.isTTY });
  process.stderr.write(formatFailure(thrown, { paint, debug }));
  return exitStatusOf(thrown);
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

/** `cargo green cache ls | head` ends quietly, as other tools do. */
function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}
