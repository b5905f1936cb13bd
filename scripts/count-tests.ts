// SPDX-License-Identifier: MIT OR Apache-2.0
// Prints "<passed> <failed>" of a vitest JSON report. Arguments: the report, and vitest's exit status.
import { readFileSync } from "node:fs";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

const [path = "", status = "1"] = process.argv.slice(2);
let passed = 0;
let failed = 0;
try {
  const report = JSON.parse(readFileSync(path, "utf8")) as Report;
  passed = report.numPassedTests;
  failed = report.numFailedTests;
} catch {
  // vitest ended before it wrote a report: counted below.
}
// A file that does not load, an unhandled rejection or no test at all fail the run without failing a test.
if (status !== "0" && failed === 0) failed = 1;
process.stdout.write(`${passed} ${failed}\n`);
