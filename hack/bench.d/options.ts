// SPDX-License-Identifier: MIT OR Apache-2.0
// The command line of hack/bench.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_NAMES, type ProjectName } from "./projects.ts";
import { PROFILE_NAMES, type ProfileName, SCENARIO_NAMES, SCENARIOS, type Scenario } from "./scenarios.ts";
import { TOOL_NAMES, type ToolName, USUAL_TOOLS } from "./tools.ts";

export type Part = "builds" | "sweep" | "sandbox" | "startup" | "store" | "remote" | "buildkit";
/** What can run units, for the part `buildkit`. */
export type RunnerName = (typeof RUNNERS)[number];

export interface BenchOptions {
  readonly help: boolean;
  readonly installPeers: boolean;
  readonly parts: readonly Part[];
  readonly projects: readonly ProjectName[];
  readonly profiles: readonly ProfileName[];
  readonly scenarios: readonly Scenario[];
  /** As asked for; undefined for the usual ones. */
  readonly tools: readonly ToolName[] | undefined;
  readonly runners: readonly RunnerName[];
  /** Crates of each synthetic workspace. */
  readonly sizes: readonly number[];
  readonly trials: number;
  readonly json: string;
  /** Goes on where an earlier run ended. */
  readonly resume: boolean;
  /** Where to build; undefined for the cache directory. */
  readonly work: string | undefined;
}

/** A command line that cannot be understood. */
export class UsageError extends Error {}

const PARTS: readonly Part[] = ["builds", "sweep", "sandbox", "startup", "store", "remote", "buildkit"];
const RUNNERS = ["host", "buildkit", "buildx", "podman"] as const;
const WARM: readonly Scenario[] = ["elsewhere", "clean"];
const SIZES = [50, 200, 500, 1000, 2000];

/** @throws UsageError */
export function parseOptions(argv: readonly string[], cwd: string, repository: string): BenchOptions {
  const { values, positionals } = parse(argv);
  const asked = positionals.length === 0 ? ["all"] : positionals;
  const parts = asked.flatMap((word): readonly Part[] => {
    if (word === "all") return PARTS;
    return [pick(word === "warm" ? "builds" : word, PARTS, "part")];
  });
  const isWarm = asked.includes("warm") && !asked.includes("builds") && !asked.includes("all");
  const scenarios = list(values.scenarios)?.map((word) => {
    const lettered = SCENARIO_NAMES.find((name) => SCENARIOS[name].letter === word);
    return lettered ?? pick(word, SCENARIO_NAMES, "scenario");
  });
  return {
    help: values.help ?? false,
    installPeers: values["install-peers"] ?? false,
    parts: PARTS.filter((part) => parts.includes(part)),
    projects: list(values.projects)?.map((word) => pick(word, PROJECT_NAMES, "project")) ?? PROJECT_NAMES,
    profiles: list(values.profiles)?.map((word) => pick(word, PROFILE_NAMES, "profile")) ?? [
      "release",
      "debug",
    ],
    scenarios: scenarios ?? (isWarm ? WARM : SCENARIO_NAMES),
    tools: list(values.tools)?.map((word) => pick(word, TOOL_NAMES, "tool")),
    runners: list(values.runners)?.map((word) => pick(word, RUNNERS, "runner")) ?? RUNNERS,
    sizes: list(values.sizes)?.map((word) => positive(word, "--sizes")) ?? SIZES,
    trials: positive(values.trials ?? "3", "--trials"),
    json:
      values.json === undefined ? resolve(repository, "docs/bench/results.json") : resolve(cwd, values.json),
    resume: values.resume ?? false,
    work: values.work === undefined ? undefined : resolve(cwd, values.work),
  };
}

export const HELP = `hack/bench [PART…] [OPTIONS]

Measures, and writes a table to stdout, a JSON file, and charts beside it (NAME-builds.svg, NAME-sweep.svg). The file
is written after every build; sections that are not measured stay as they were.

Parts (all of them if none is named)
  builds    real programs, in all scenarios
  warm      the same, scenarios b and c only
  sweep     how a warm build grows with the number of units
  sandbox   what the sandbox costs a unit, and a cold build of ripgrep
  startup   what starting costs
  store     looking into a store of 100,000 units
  remote    a fresh machine and a push, against a registry, beside oras, and a fresh machine with a bucket, beside
            sccache and kache (needs hack/services)
  buildkit  units in containers: cold, and with results that only the builder has (needs hack/engine up)

Options; lists are separated by commas
  --projects LIST    ${PROJECT_NAMES.join(", ")}
  --profiles LIST    ${PROFILE_NAMES.join(", ")} (default release, debug);
                     debug is with CARGO_INCREMENTAL=0, incremental without
  --scenarios LIST   ${SCENARIO_NAMES.map((name) => `${SCENARIOS[name].letter} or ${name}`).join(", ")}
  --tools LIST       ${TOOL_NAMES.join(", ")}
                     (default: ${USUAL_TOOLS.join(", ")}, as far as they are installed; the sweep: copy, green)
  --runners LIST     ${RUNNERS.join(", ")} (default all of them), for the part buildkit
  --sizes LIST       crates of the sweep's workspaces (default ${SIZES.join(", ")})
  --trials N         rounds (default 3); all tools take turns in each
  --json FILE        default docs/bench/results.json
  --resume           keep what FILE has of the parts that are measured, and measure what is missing
  --work DIRECTORY   where to build (default: in the cache directory); what is built is removed
  --install-peers    installs sccache, kache and mbx with cargo, for this benchmark alone
`;

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        "install-peers": { type: "boolean" },
        projects: { type: "string" },
        profiles: { type: "string" },
        scenarios: { type: "string" },
        tools: { type: "string" },
        runners: { type: "string" },
        sizes: { type: "string" },
        trials: { type: "string" },
        json: { type: "string" },
        resume: { type: "boolean" },
        work: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function list(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(",")
    .map((word) => word.trim())
    .filter(Boolean);
}

function pick<T extends string>(word: string, known: readonly T[], what: string): T {
  const found = known.find((each) => each === word);
  if (found === undefined)
    throw new UsageError(`There is no ${what} "${word}"; there are ${known.join(", ")}`);
  return found;
}

function positive(word: string, option: string): number {
  const value = Number(word);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`${option}: "${word}" is no number from 1 on`);
  return value;
}
