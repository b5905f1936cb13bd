// SPDX-License-Identifier: MIT OR Apache-2.0
import { type TracedUnit, tracedName, tracedStreams } from "./traced-unit.ts";

const PLACEHOLDER = /\{(unit|crate|version|outcome|stream)\}/g;

/** What units printed, stream by stream in the order in which Cargo asked, each line with the prefix before it. */
export function traceLines(units: readonly TracedUnit[], prefix: string): string {
  return units
    .flatMap((seen) => {
      const { stdout, stderr } = tracedStreams(seen);
      return [...linesOf(seen, "stdout", stdout, prefix), ...linesOf(seen, "stderr", stderr, prefix)];
    })
    .join("");
}

function linesOf(seen: TracedUnit, stream: string, bytes: Uint8Array, prefix: string): readonly string[] {
  const text = Buffer.from(bytes).toString("utf8");
  if (text === "") return [];
  const { outcome } = seen;
  const values: Readonly<Record<string, string>> = {
    unit: tracedName(seen),
    crate: outcome?.identity.package ?? "",
    version: outcome?.identity.version ?? "",
    outcome: outcome?.outcome ?? "untouched",
    stream,
  };
  const filled = prefix.replaceAll(PLACEHOLDER, (_, name: string) => values[name] ?? "");
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => `${filled}${line}\n`);
}
