// SPDX-License-Identifier: MIT OR Apache-2.0

/** One word that may follow, and what it means. */
export interface Suggestion {
  readonly value: string;
  readonly description: string;
}

/** A flag of a command of ours, as oclif.manifest.json has it. */
export interface FlagInfo {
  readonly name: string;
  readonly type: "boolean" | "option";
  readonly summary?: string;
  readonly options?: readonly string[];
}

/** A command of ours; its id is `cache:ls`. */
export interface CommandInfo {
  readonly id: string;
  readonly summary?: string;
  readonly flags?: Readonly<Record<string, FlagInfo>>;
}

/** What suggestions are made of. Functions are asked only where their answer is needed. */
export interface CompletionFacts {
  readonly commands: readonly CommandInfo[];
  /** Topics by name, with what they are for. */
  readonly topics: Readonly<Record<string, string>>;
  /** Names of the crates in the cache. */
  readonly crates: () => readonly string[];
  /** Names of the remotes in the settings. */
  readonly remotes: readonly string[];
  /** Names of builders: the settings', and docker's. */
  readonly builders: () => Promise<readonly string[]>;
  /** Those of the settings. */
  readonly ownBuilders: readonly string[];
  readonly profiles: () => Promise<readonly string[]>;
  /** Keys of settings. */
  readonly settings: readonly string[];
  /** Variables that `env` knows. */
  readonly variables: readonly string[];
  readonly shells: readonly string[];
}

/** What people build with most; Cargo's own completion knows the rest. */
const CARGO_COMMANDS: Readonly<Record<string, string>> = {
  build: "Compile the current package",
  check: "Check that the current package compiles",
  clippy: "Check the current package with clippy",
  test: "Run the tests",
  bench: "Run the benchmarks",
  run: "Run a binary of the current package",
  doc: "Build the documentation",
  install: "Build and install a binary",
  rustc: "Compile the current package with extra options",
  nextest: "Run the tests with nextest",
};

/** Own flags that take a value, of every command and of Cargo's. */
const GREEN_PROFILE = "--green-profile";
const GREEN_CONFIG = "--green-config";

/** Commands whose arguments are crates. */
const TAKES_CRATES = cacheCommands("ls", "show", "why", "rm", "pin", "unpin", "push", "pull", "copy");
/** Commands that remotes may be named to. */
const TAKES_REMOTES = cacheCommands("ls", "show", "rm", "prune", "verify", "stats", "push", "pull", "copy");

/** Commands whose argument is a builder. */
const TAKES_BUILDERS: ReadonlySet<string> = new Set(["builder:inspect", "builder:use"]);

function cacheCommands(...names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => `cache:${name}`));
}

/**
 * What may stand in place of the last of the words `typed`, which stand after `cargo green`; the last may be empty or half
 * written. Nothing, where we know nothing: Cargo's own commands are for Cargo's own completion.
 */
export async function complete(
  typed: readonly string[],
  facts: CompletionFacts,
): Promise<readonly Suggestion[]> {
  // bash makes three words of `--flag=value`.
  const words = [...typed.filter((word) => word !== "="), ...(typed.at(-1) === "=" ? [""] : [])];
  const current = words.at(-1) ?? "";
  const found = await candidates(words.slice(0, -1), current, facts);
  return found.filter(({ value }) => value.startsWith(current));
}

async function candidates(
  before: readonly string[],
  current: string,
  facts: CompletionFacts,
): Promise<readonly Suggestion[]> {
  const last = before.at(-1);
  if (last === GREEN_PROFILE) return (await facts.profiles()).map(bare);
  if (last === GREEN_CONFIG) return facts.settings.map((key) => bare(`${key}=`));
  const typed = before.filter(
    (word, at) => !word.startsWith("-") && !takesValue(before[at - 1]) && !word.startsWith("+"),
  );
  const [first, second] = typed;
  if (first === undefined) return current.startsWith("-") ? GLOBAL_FLAGS : firstWords(facts);
  const command = facts.commands.find(({ id }) => id === first || id === `${first}:${second}`);
  if (command === undefined) {
    if (first === "help") return explained(second, facts);
    // The rest is for Cargo's own completion, which is not asked where we have an answer.
    if (!Object.hasOwn(facts.topics, first)) return /^--(green|tr)/.test(current) ? BUILD_FLAGS : [];
    return typed.length > 1 ? [] : belowTopic(first, facts);
  }
  const flag = Object.values(command.flags ?? {}).find(({ name }) => last === `--${name}`);
  if (flag?.type === "option") return (flag.options ?? []).map(bare);
  if (current.startsWith("-")) return flagsOf(command);
  return values(command, facts);
}

const GLOBAL_FLAGS: readonly Suggestion[] = [
  { value: GREEN_PROFILE, description: "Profile of settings" },
  { value: GREEN_CONFIG, description: "A setting, as KEY=VALUE" },
];

const BUILD_FLAGS: readonly Suggestion[] = [
  ...GLOBAL_FLAGS,
  { value: "--trace", description: "Write down what each unit got, read and printed" },
];

function takesValue(word: string | undefined): boolean {
  return word === GREEN_PROFILE || word === GREEN_CONFIG;
}

function firstWords({ topics, commands }: CompletionFacts): readonly Suggestion[] {
  const own = commands.filter(({ id }) => !id.includes(":"));
  return [
    ...Object.entries(topics).map(([value, description]) => ({ value, description })),
    ...own.map(({ id, summary = "" }) => ({ value: id, description: summary })),
    ...Object.entries(CARGO_COMMANDS).map(([value, description]) => ({ value, description })),
    { value: "help", description: "Explain a command" },
  ];
}

/** What `help` can be asked about. */
function explained(topic: string | undefined, facts: CompletionFacts): readonly Suggestion[] {
  if (topic === undefined) return firstWords(facts).filter(({ value }) => value !== "help");
  return Object.hasOwn(facts.topics, topic) ? belowTopic(topic, facts) : [];
}

function belowTopic(topic: string, { commands }: CompletionFacts): readonly Suggestion[] {
  return commands
    .filter(({ id }) => id.startsWith(`${topic}:`))
    .map(({ id, summary = "" }) => ({ value: id.slice(topic.length + 1), description: summary }));
}

function flagsOf({ flags = {} }: CommandInfo): readonly Suggestion[] {
  return Object.values(flags).map(({ name, summary = "" }) => ({ value: `--${name}`, description: summary }));
}

async function values({ id }: CommandInfo, facts: CompletionFacts): Promise<readonly Suggestion[]> {
  if (id === "builder:rm") return facts.ownBuilders.map(bare);
  if (TAKES_BUILDERS.has(id)) return (await facts.builders()).map(bare);
  const remotes = TAKES_REMOTES.has(id) ? facts.remotes.map(remoteNamed) : [];
  if (TAKES_CRATES.has(id)) return [...remotes, ...facts.crates().map(bare)];
  if (remotes.length > 0) return remotes;
  if (id === "env") return facts.variables.map(bare);
  return id === "completion" ? facts.shells.map(bare) : [];
}

function bare(value: string): Suggestion {
  return { value, description: "" };
}

function remoteNamed(value: string): Suggestion {
  return { value, description: "Remote" };
}
