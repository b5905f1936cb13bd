// SPDX-License-Identifier: MIT OR Apache-2.0
import { join, relative } from "node:path";
import { Errors, type Interfaces, run, settings } from "@oclif/core";
import manifest from "../package.json" with { type: "json" };
import { nearestName } from "../src/config/nearest.ts";
import { GreenError } from "../src/error.ts";
import { commands } from "./map.ts";

export { GreenHelp } from "./help.ts";
export { commands } from "./map.ts";

/** The package's directory: this is dist/commands.cjs, or commands/index.ts in a checkout. */
const ROOT = join(import.meta.dirname, "..");

/** package.json as oclif reads it, with commands and help taken from this very module. */
function packageJson(): Interfaces.PJSON {
  const target = `./${relative(ROOT, import.meta.filename)}`;
  return {
    ...manifest,
    oclif: {
      ...manifest.oclif,
      topicSeparator: " ",
      commands: { strategy: "explicit", target, identifier: "commands" },
      helpClass: { target, identifier: "GreenHelp" },
    },
  };
}

/**
 * Runs one of our own commands. Resolves to its exit status.
 * @throws GreenError
 */
export async function runCommand(argv: readonly string[]): Promise<number> {
  settings.enableAutoTranspile = false;
  // oclif (5.1) else asks the system for the user's shell, and fails for one who is a number only, as in containers.
  process.env["SHELL"] ??= "";
  try {
    await run([...argv], { root: ROOT, pjson: packageJson(), isRoot: true });
    return Number(process.exitCode ?? 0);
  } catch (thrown) {
    if (thrown instanceof Errors.ExitError) return thrown.oclif.exit ?? 0;
    process.exitCode = undefined;
    throw thrown instanceof Errors.CLIError ? usageError(thrown, argv) : thrown;
  }
}

/** What oclif says, as our errors look. */
function usageError(error: Error, argv: readonly string[]): GreenError {
  const unknown = /^command (.+) not found$/.exec(error.message)?.[1]?.replaceAll(":", " ");
  if (unknown !== undefined) {
    return new GreenError("usage", `There is no command \`cargo green ${unknown}\``, {
      hint: commandHint(unknown),
    });
  }
  const [message = ""] = error.message.replace(/\nSee more help with --help$/, "").split("\n\n");
  const words = argv.filter((argument) => !argument.startsWith("-")).slice(0, 2);
  return new GreenError("usage", message.trim(), {
    hint: `see \`cargo green ${words.join(" ")} --help\``,
    cause: error,
  });
}

/** The command that was probably meant, else where those of the topic are listed. */
function commandHint(unknown: string): string {
  const ids = Object.keys(commands).map((id) => id.replaceAll(":", " "));
  const [topic = "", name] = unknown.split(" ");
  const below = ids.filter((id) => id.startsWith(`${topic} `));
  const only = below.length === 1 ? below[0] : undefined;
  const near =
    name === undefined
      ? only
      : nearestName(
          name,
          below.map((id) => id.slice(topic.length + 1)),
        );
  if (near !== undefined) return `did you mean \`cargo green ${near === only ? near : `${topic} ${near}`}\`?`;
  return `\`cargo green ${below.length > 0 ? `${topic} ` : ""}--help\` lists the commands`;
}
