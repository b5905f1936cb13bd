// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitResult } from "../../unit/record.ts";
import { ROLES } from "../protocol.ts";
import { decodeEntry, type ReplayEntry, type StoredDirectory, type StoredText } from "../replay/entry.ts";

/** An entry on its way: without the result, which its record has. */
export function encodeSharedEntry({ result: _, ...entry }: ReplayEntry): string {
  return JSON.stringify(entry);
}

/**
 * An entry that came from elsewhere, with the result that it is about; undefined for one of another version, or that
 * would write anywhere but into the target directory.
 */
export function decodeSharedEntry(text: string, result: UnitResult): ReplayEntry | undefined {
  try {
    const entry = decodeEntry(JSON.stringify({ ...JSON.parse(text), result }));
    return entry !== undefined && isComplete(entry) && staysBelowTarget(entry) ? entry : undefined;
  } catch {
    return undefined;
  }
}

function isComplete({ call, fingerprint, run, depInfo, onlyIn, hasOwnPlan = false }: ReplayEntry): boolean {
  return (
    onlyIn === undefined &&
    typeof hasOwnPlan === "boolean" &&
    ROLES.includes(call.role) &&
    [call.argv, Object.values(call.env), Object.values(call.before), Object.values(depInfo)].every(
      areTexts,
    ) &&
    [call.cwd, fingerprint.name, fingerprint.hash, fingerprint.json].every(isText) &&
    fingerprint.reproduced === true &&
    (fingerprint.aliases === undefined || areTexts(fingerprint.aliases)) &&
    [fingerprint, ...(run === undefined ? [] : [run])].every(
      ({ directory, files }) => isText(directory) && Array.isArray(files) && files.every(isStoredText),
    )
  );
}

function isStoredText({ name, kind, content }: StoredText): boolean {
  return isText(name) && (kind === "text" || kind === "dep-info") && isText(content);
}

const TARGET = "@@green:TARGET@@/";

/** Whatever is written is named by something that is checked here, or by the outputs of a checked record. */
function staysBelowTarget({ call, fingerprint, run }: ReplayEntry): boolean {
  const outDir =
    call.role === "build-script" ? call.env["OUT_DIR"] : call.argv[call.argv.indexOf("--out-dir") + 1];
  const directories: readonly StoredDirectory[] = [fingerprint, ...(run === undefined ? [] : [run])];
  return (
    outDir?.startsWith(TARGET) === true &&
    isPathBelow(outDir.slice(TARGET.length)) &&
    isName(fingerprint.name) &&
    directories.every(
      ({ directory, files }) => isPathBelow(directory) && files.every(({ name }) => isName(name)),
    )
  );
}

function isPathBelow(path: string): boolean {
  return !path.includes("@@") && path.split("/").every(isName);
}

function isName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function areTexts(values: readonly unknown[]): boolean {
  return Array.isArray(values) && values.every(isText);
}
