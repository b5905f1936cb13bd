// SPDX-License-Identifier: MIT OR Apache-2.0
// Do programs with native or awkward builds build under `enforce`? See hack/sandbox-programs.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./lib/crate-source.ts";
import { installCommand, missingPackages, releaseName } from "./sandbox-programs.d/debian.ts";
import { tryProgram } from "./sandbox-programs.d/outcome.ts";
import { PROGRAMS } from "./sandbox-programs.d/programs.ts";
import { formatPage, formatRow, type Tried } from "./sandbox-programs.d/table.ts";

const ROOT = join(import.meta.dirname, "..");
const PAGE = join(ROOT, "docs", "sandbox-programs.md");

const names = process.argv.slice(2);
const unknown = names.filter((name) => !PROGRAMS.some((program) => program.name === name));
if (unknown.length > 0) throw new Error(`There is no program ${unknown.join(", ")} in the list`);
const chosen = PROGRAMS.filter(({ name }) => names.length === 0 || names.includes(name));

const missing = missingPackages(chosen.flatMap(({ debian }) => debian));
if (missing.length > 0) {
  process.stderr.write(`These programs need more of Debian: ${installCommand(missing)}\n`);
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), "sandbox-programs-"));
try {
  const green = join(ROOT, "bin", "cargo-green");
  const tried = chosen.map((program): Tried => {
    const outcome = tryProgram(program, { green, directory: join(scratch, program.name) });
    const each = { program, outcome };
    process.stdout.write(`${formatRow(each)}\n`);
    process.stderr.write(`${program.name}: ${outcome.seconds.toFixed(0)} s\n`);
    if (outcome.kind === "fails") process.stderr.write(outcome.stderr);
    return each;
  });
  const tools = {
    rustc: run("rustc", ["--version"], ROOT).split(" ").slice(0, 2).join(" "),
    system: releaseName(),
  };
  if (names.length === 0) writeFileSync(PAGE, formatPage(tried, tools));
  if (tried.some(({ outcome }) => outcome.kind === "fails")) process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
