// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Outcome } from "./outcome.ts";
import type { Program } from "./programs.ts";

export interface Tried {
  readonly program: Program;
  readonly outcome: Outcome;
}

/** What they were tried with; without dates, so that a page that says the same is the same. */
export interface Tools {
  readonly rustc: string;
  readonly system: string;
}

/** The page of the docs. */
export function formatPage(tried: readonly Tried[], { rustc, system }: Tools): string {
  const packages = [...new Set(tried.flatMap(({ program }) => program.debian))].sort();
  const messages = tried.flatMap(({ program, outcome }) =>
    outcome.kind === "builds with" ? [`- ${program.name}: “${outcome.message}”`] : [],
  );
  return `# Programs under \`enforce\`

<!-- Written by hack/sandbox-programs. -->
Programs from crates.io with native or awkward builds, each installed by \`cargo green install\` (dev profile, its own lockfile) with \`CARGOGREEN_SANDBOX=enforce\` and an empty cache. What builds was also started.
Where one fails, it is tried again with the setting that the message named, and nothing else.
With ${rustc} on ${system}, with its packages build-essential, git and ${packages.join(", ")}.

| program | what its build does | under \`enforce\` | setting | units | without a sandbox |
|---|---|---|---|---|---|
${tried.map(formatRow).join("\n")}

*Units* are those in the cache afterwards; *without a sandbox* what \`cargo green cache ls --unsandboxed\` lists of them.
${messages.length === 0 ? "" : `\nWhat was said:\n${messages.join("\n")}\n`}`;
}

/** A program's line in the table. */
export function formatRow({ program, outcome }: Tried): string {
  const { name, version, args, awkward } = program;
  const { kind, units, unsandboxed } = outcome;
  const settings = kind === "builds with" ? outcome.settings.map((each) => `\`${each}\``).join(", ") : "";
  const features = args.length === 0 ? "" : `, \`${args.join(" ")}\``;
  const said = { builds: "builds", "builds with": "fails; builds with the setting", fails: "fails" }[kind];
  return `| ${name} ${version}${features} | ${awkward} | ${said} | ${settings} | ${units} | ${unsandboxed.join(", ") || "none"} |`;
}
