// SPDX-License-Identifier: MIT OR Apache-2.0
import type { SourceName } from "./sources.ts";

/**
 * What time a file gets: the moment at which it is written; the time that it had when it last was so (as `tar -x`,
 * `rsync -t` and `git restore-mtime` do), which plain cargo does not notice either; or one to come.
 */
export type FileTime = "now" | "as then" | "in an hour";

/** Settings of a build that are no files. The first choice is where a sequence begins. */
export const SETTINGS = {
  checkout: ["one", "two"],
  target: ["own", "elsewhere", "shared"],
  profile: ["dev", "release"],
  /** Whether cargo is told to build for the host, which it does in another directory than otherwise. */
  triple: ["", "host"],
  features: ["", "extra"],
  rustflags: ["", "--cfg green_flag"],
  incremental: ["0", "1"],
  cargoHome: ["cargo", "cargo-2"],
  GREEN_OPT: ["", "a", "b"],
  GREEN_WORD: ["", "a", "b"],
  GREEN_HIDDEN: ["", "a"],
} as const;
export type Settings = { readonly [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name][number] };
export type SettingName = keyof Settings;

/** What may be deleted of one crate behind Cargo's back. */
export const LOSSES = [
  "rlib",
  "rmeta",
  "dynamic library",
  "dep-info",
  "fingerprint",
  "build script",
  "program",
] as const;
export type Loss = (typeof LOSSES)[number];

export const CRATES = [
  "leaf",
  "sprout",
  "distant",
  "alpha",
  "beta",
  "gamma",
  "macros",
  "outside",
  "app",
] as const;
export type CrateName = (typeof CRATES)[number];

/** Something that happens between two builds. Each makes sense in every state, so that sequences can be shrunk. */
export type Change =
  | { readonly do: "edit"; readonly file: SourceName; readonly variant: number; readonly time: FileTime }
  | { readonly do: "touch"; readonly file: SourceName; readonly time: FileTime }
  | { readonly do: "set"; readonly name: SettingName; readonly to: string }
  | { readonly do: "clean"; readonly crate?: CrateName }
  | { readonly do: "remove target" }
  | { readonly do: "lose"; readonly what: Loss; readonly crate: CrateName }
  | { readonly do: "save target" }
  | { readonly do: "restore target" }
  | { readonly do: "swap checkouts" }
  | { readonly do: "clone again" }
  | { readonly do: "forget"; readonly crate: CrateName }
  /** Starts a build and ends it and all its processes. */
  | { readonly do: "interrupt"; readonly signal: "SIGINT" | "SIGKILL"; readonly afterMs: number };

/** Who builds: `cargo green`, plain cargo, or plain cargo with the shim as `RUSTC_WRAPPER`. */
export type Tool = "green" | "plain" | "wrapper";
/** `part` builds a library in the middle and what is below it, and no program. */
export type Command = "build" | "run" | "check" | "test" | "part";
/** Whether to see afterwards that plain cargo has nothing to do, or what it builds from nothing. */
export type Afterwards = "nothing" | "is fresh" | "from nothing";

export interface Step {
  readonly changes: readonly Change[];
  readonly tool: Tool;
  readonly command: Command;
  readonly afterwards: Afterwards;
}
