// SPDX-License-Identifier: MIT OR Apache-2.0
// See hack/services.
import { installPrograms } from "./lib/install/install-programs.ts";
import { findProgram, servicesDirectory } from "./services.d/directory.ts";
import { isProgram, PROGRAM_NAMES, PROGRAMS, type ProgramName } from "./services.d/programs.ts";

const USAGE = `Usage: hack/services install [NAME…]   brings what is not there yet
       hack/services list             tells what is there

Into ${servicesDirectory(process.env)}:
${PROGRAM_NAMES.map((name) => `  ${name.padEnd(16)} ${PROGRAMS[name].title}`).join("\n")}
`;

const [action, ...names] = process.argv.slice(2);
const unknown = names.filter((name) => !isProgram(name));

if (action === "install" && unknown.length === 0) await install(names.filter(isProgram));
else if (action === "list" && names.length === 0) list();
else if (action === "--help") process.stdout.write(USAGE);
else {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}

async function install(wanted: readonly ProgramName[]): Promise<void> {
  const names = wanted.length > 0 ? wanted : PROGRAM_NAMES;
  const directory = servicesDirectory(process.env);
  const missing = await installPrograms(PROGRAMS, names, { directory, env: process.env, say });
  if (missing.length === 0) return;
  say(`Not installed: ${missing.join(", ")}. Tests that need them are skipped, and fail with CI=true`);
  process.exitCode = 1;
}

function list(): void {
  for (const name of PROGRAM_NAMES) {
    process.stdout.write(`${name.padEnd(16)} ${findProgram(name, process.env) ?? "not installed"}\n`);
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
