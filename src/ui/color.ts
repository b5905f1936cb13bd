// SPDX-License-Identifier: MIT OR Apache-2.0

/** What colours mean here: red is broken, yellow private or missing, green restored. Never the only sign. */
export type Style = "red" | "yellow" | "green" | "cyan" | "bold" | "dim";

/** Gives `text` a look, or returns it as it is. Several styles are applied together. */
export type Paint = (style: Style | readonly Style[], text: string) => string;

export const COLOR_CHOICES = ["auto", "always", "never"] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

export interface ColorQuestion {
  readonly env: NodeJS.ProcessEnv;
  /** Is the stream that will be written to a terminal? */
  readonly isTTY: boolean;
  /** Value of `--color`, which beats all variables. */
  readonly flag?: ColorChoice | undefined;
}

/**
 * Whether to colour: `--color`, then NO_COLOR (no-color.org), then CARGO_TERM_COLOR, then FORCE_COLOR and
 * CLICOLOR_FORCE (bixense.com/clicolors), then TERM=dumb, then whether it is a terminal.
 */
export function wantsColor({ env, isTTY, flag }: ColorQuestion): boolean {
  if (flag === "always" || flag === "never") return flag === "always";
  if (isSet(env["NO_COLOR"])) return false;
  const cargo = env["CARGO_TERM_COLOR"];
  if (cargo === "always" || cargo === "never") return cargo === "always";
  if (isForced(env["FORCE_COLOR"]) || isForced(env["CLICOLOR_FORCE"])) return true;
  if (env["TERM"] === "dumb") return false;
  return isTTY;
}

/** The paint for a stream. */
export function paintFor(question: ColorQuestion): Paint {
  return wantsColor(question) ? colored : plain;
}

/** Leaves text alone. */
export const plain: Paint = (_style, text) => text;

// Taken when it is needed: loading node:util costs every start a few milliseconds.
const colored: Paint = (style, text) =>
  process
    .getBuiltinModule("node:util")
    .styleText(typeof style === "string" ? style : [...style], text, { validateStream: false });

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}

function isForced(value: string | undefined): boolean {
  return isSet(value) && value !== "0" && value !== "false";
}

/** The last `--color` among Cargo's arguments, before any `--`; what Cargo itself would obey. */
export function colorFlagOf(argv: readonly string[]): ColorChoice | undefined {
  let flag: ColorChoice | undefined;
  for (const [index, argument] of argv.entries()) {
    if (argument === "--") break;
    const value = argument === "--color" ? argv[index + 1] : /^--color=(.*)$/.exec(argument)?.[1];
    flag = COLOR_CHOICES.find((choice) => choice === value) ?? flag;
  }
  return flag;
}
