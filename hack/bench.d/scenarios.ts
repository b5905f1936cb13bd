// SPDX-License-Identifier: MIT OR Apache-2.0

/** What a build finds when it starts. */
export type Scenario = "cold" | "elsewhere" | "clean" | "bump" | "edit" | "noop";

export interface ScenarioInfo {
  /** As the documentation numbers them. */
  readonly letter: string;
  /** Fits above a column. */
  readonly title: string;
  readonly summary: string;
}

/** In the order in which they are shown. */
export const SCENARIOS: Readonly<Record<Scenario, ScenarioInfo>> = {
  cold: { letter: "a", title: "cold", summary: "an empty cache, an empty target directory" },
  elsewhere: {
    letter: "b",
    title: "other checkout",
    summary: "a filled cache; a new checkout at another path, an empty target directory",
  },
  clean: {
    letter: "c",
    title: "cargo clean",
    summary: "a filled cache; the same checkout after cargo clean",
  },
  bump: {
    letter: "d",
    title: "leaf bumped",
    summary: "a filled cache; a new checkout whose lockfile has another version of one leaf dependency",
  },
  edit: { letter: "e", title: "member edited", summary: "after b, a source file of a member was edited" },
  noop: { letter: "f", title: "no-op", summary: "after b, nothing was changed" },
};

export const SCENARIO_NAMES = Object.keys(SCENARIOS) as readonly Scenario[];

/** In the order in which a round measures them: no-op and edit look at what `elsewhere` built. */
export const ROUND_ORDER: readonly Scenario[] = ["cold", "elsewhere", "noop", "edit", "clean", "bump"];

/** How Cargo is told to build. */
export interface Profile {
  readonly name: ProfileName;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Directory below `target`. */
  readonly directory: string;
  /** Members of the workspace are compiled incrementally, which caches may leave alone. */
  readonly incremental: boolean;
}

export type ProfileName = "release" | "debug" | "incremental";

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  release: { name: "release", args: ["--release"], env: {}, directory: "release", incremental: false },
  debug: {
    name: "debug",
    args: [],
    env: { CARGO_INCREMENTAL: "0" },
    directory: "debug",
    incremental: false,
  },
  incremental: { name: "incremental", args: [], env: {}, directory: "debug", incremental: true },
};

export const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[];
