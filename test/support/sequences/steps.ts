// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { SOURCE_NAMES, SOURCES, type SourceName } from "./sources.ts";

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
type SettingName = keyof Settings;

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

const CRATES = ["leaf", "sprout", "distant", "alpha", "beta", "gamma", "macros", "outside", "app"] as const;
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

const time = fc.oneof(
  { arbitrary: fc.constant<FileTime>("now"), weight: 16 },
  { arbitrary: fc.constant<FileTime>("as then"), weight: 6 },
  { arbitrary: fc.constant<FileTime>("in an hour"), weight: 1 },
);
const file = fc.constantFrom(...SOURCE_NAMES);
const crate = fc.constantFrom(...CRATES);

const edit = file.chain((name) => {
  const { variants, breaks }: { variants: number; breaks?: boolean } = SOURCES[name];
  const good = breaks === true ? variants - 1 : variants;
  const variant = fc.oneof(
    { arbitrary: fc.nat(good - 1), weight: 9 },
    { arbitrary: fc.constant(variants - 1), weight: 1 },
  );
  return fc.record({ do: fc.constant("edit" as const), file: fc.constant(name), variant, time });
});

const SETTING_WEIGHTS: Readonly<Record<SettingName, number>> = {
  checkout: 8,
  target: 6,
  profile: 3,
  triple: 1,
  features: 3,
  rustflags: 1,
  incremental: 2,
  cargoHome: 1,
  GREEN_OPT: 3,
  GREEN_WORD: 3,
  GREEN_HIDDEN: 2,
};

const set = fc.oneof(
  ...Object.entries(SETTINGS).map(([name, choices]) => ({
    arbitrary: fc.constantFrom(...choices).map(
      (to): Change => ({
        do: "set",
        name: name as SettingName,
        to,
      }),
    ),
    weight: SETTING_WEIGHTS[name as SettingName],
  })),
);

const simple = (
  ...names: ("remove target" | "save target" | "restore target" | "swap checkouts" | "clone again")[]
) => fc.constantFrom(...names).map((name): Change => ({ do: name }));

const change: fc.Arbitrary<Change> = fc.oneof(
  { arbitrary: edit, weight: 12 },
  { arbitrary: fc.record({ do: fc.constant("touch" as const), file, time }), weight: 2 },
  { arbitrary: set, weight: 8 },
  { arbitrary: simple("remove target"), weight: 2 },
  { arbitrary: fc.constant<Change>({ do: "clean" }), weight: 1 },
  { arbitrary: crate.map((name): Change => ({ do: "clean", crate: name })), weight: 2 },
  {
    arbitrary: fc.record({ do: fc.constant("lose" as const), what: fc.constantFrom(...LOSSES), crate }),
    weight: 3,
  },
  { arbitrary: simple("save target", "restore target"), weight: 3 },
  { arbitrary: simple("swap checkouts", "clone again"), weight: 1 },
  { arbitrary: crate.map((name): Change => ({ do: "forget", crate: name })), weight: 1 },
  {
    arbitrary: fc.record({
      do: fc.constant("interrupt" as const),
      signal: fc.constantFrom("SIGINT", "SIGKILL"),
      // From before anything was built until after everything was, if little is to be done.
      afterMs: fc.nat(20).map((times) => times * 50),
    }),
    weight: 2,
  },
);

const step: fc.Arbitrary<Step> = fc.record({
  changes: fc.array(change, { maxLength: 3, size: "max" }),
  tool: fc.oneof(
    { arbitrary: fc.constant<Tool>("green"), weight: 8 },
    { arbitrary: fc.constant<Tool>("plain"), weight: 1 },
    { arbitrary: fc.constant<Tool>("wrapper"), weight: 1 },
  ),
  command: fc.oneof(
    { arbitrary: fc.constant<Command>("build"), weight: 16 },
    { arbitrary: fc.constantFrom<Command>("run", "check", "part"), weight: 4 },
    { arbitrary: fc.constant<Command>("test"), weight: 1 },
  ),
  afterwards: fc.oneof(
    { arbitrary: fc.constant<Afterwards>("nothing"), weight: 45 },
    { arbitrary: fc.constant<Afterwards>("is fresh"), weight: 14 },
    { arbitrary: fc.constant<Afterwards>("from nothing"), weight: 1 },
  ),
});

/** A sequence of builds and of what happens between them. */
export const sequence: fc.Arbitrary<readonly Step[]> = fc.array(step, {
  minLength: 2,
  maxLength: 12,
  size: "max",
});
