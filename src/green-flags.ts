// SPDX-License-Identifier: MIT OR Apache-2.0

/** Flags of ours that may stand anywhere on a `cargo green` command line; Cargo never sees them. */
export interface GreenFlags {
  /** `--green-profile NAME`. */
  readonly profile: string | undefined;
  /** `--green-config KEY=VALUE`, as often as wanted, and what `--no-replay` and `--push` are short for. */
  readonly config: readonly string[];
  /** `--trace`, or `--trace=DIR`: where to; empty for the usual place. */
  readonly trace: string | undefined;
}

const PROFILE = "--green-profile";
const CONFIG = "--green-config";
const TRACE = "--trace";
/** Every flag that begins like this is ours. */
const PREFIX = "--green-";
const VALUES: ReadonlyMap<string, string> = new Map([
  [PROFILE, "NAME"],
  [CONFIG, "KEY=VALUE"],
]);
/** Short for settings. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ["--no-replay", "replay=false"],
  ["--push", "push=on-success"],
]);

/** Takes our flags out of a command line, up to any `--`. A flag without its value is left for others to refuse. */
export function takeGreenFlags(argv: readonly string[]): {
  readonly args: readonly string[];
  readonly flags: GreenFlags;
} {
  const args: string[] = [];
  const config: string[] = [];
  let profile: string | undefined;
  let trace: string | undefined;
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? "";
    if (argument === "--") {
      args.push(...argv.slice(at));
      break;
    }
    if (argument === TRACE || argument.startsWith(`${TRACE}=`)) {
      trace = argument.slice(TRACE.length + 1);
      continue;
    }
    const short = SHORT.get(argument);
    if (short !== undefined) {
      config.push(short);
      continue;
    }
    const name = [PROFILE, CONFIG].find((flag) => argument === flag || argument.startsWith(`${flag}=`));
    const value = name === argument ? argv[at + 1] : argument.slice((name?.length ?? 0) + 1);
    if (name === undefined || value === undefined) {
      args.push(argument);
      continue;
    }
    if (name === PROFILE) profile = value;
    else config.push(value);
    if (name === argument) at++;
  }
  return { args, flags: { profile, config, trace } };
}

/**
 * Refuses what looks like a flag of ours and is none, or lacks its value: Cargo cannot say what was meant.
 * @param args what `takeGreenFlags` left
 * @throws GreenError "usage"
 */
export async function refuseOtherGreenFlags(args: readonly string[]): Promise<void> {
  const end = args.indexOf("--");
  const found = (end < 0 ? args : args.slice(0, end)).find((argument) => argument.startsWith(PREFIX));
  if (found === undefined) return;
  const { GreenError } = await import("./error.ts");
  const [name = ""] = found.split("=");
  const value = VALUES.get(name);
  if (value !== undefined) {
    throw new GreenError("usage", `${name} has no value`, { hint: `write ${name} ${value}` });
  }
  throw new GreenError("usage", `${name} is no flag of cargo green`, {
    hint: `there are ${[...VALUES].map((pair) => pair.join(" ")).join(" and ")}`,
  });
}

/** The flags that commands of ours understand, as arguments again. */
export function greenArguments({ profile, config }: GreenFlags): readonly string[] {
  return [
    ...(profile === undefined ? [] : [`${PROFILE}=${profile}`]),
    ...config.map((each) => `${CONFIG}=${each}`),
  ];
}
