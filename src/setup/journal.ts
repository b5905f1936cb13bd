// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { GreenError } from "../error.ts";
import { applyChange, type FileChange, readUserFile } from "./file-change.ts";

/** What setup keeps so that it can be undone. */
export interface Journal {
  /** Version of this form. */
  readonly schema: 1;
  /** Each file as it was before the first setup, and as the last one left it. */
  readonly files: readonly FileChange[];
}

/** Where the journal of a CARGO_HOME is; the shim for plain Cargo lies beside it. */
export function journalPath(cargoHome: string): string {
  return join(cargoHome, "green", "setup.json");
}

/**
 * The journal; undefined if setup never ran, or was undone.
 * @throws GreenError "config" if it cannot be understood
 */
export function readJournal(cargoHome: string): Journal | undefined {
  const path = journalPath(cargoHome);
  const text = readUserFile(path);
  if (text === undefined) return undefined;
  try {
    const { schema, files } = JSON.parse(text) as { schema: unknown; files: unknown };
    if (schema !== 1 || !Array.isArray(files) || !files.every(isFileChange)) throw new Error("unknown form");
    return { schema, files };
  } catch (thrown) {
    throw new GreenError("config", `"${path}" cannot be understood`, {
      cause: thrown,
      hint: "take back by hand what it says that setup wrote, and remove it",
    });
  }
}

function isFileChange(value: unknown): value is FileChange {
  if (typeof value !== "object" || value === null) return false;
  const { path, before, after } = value as Partial<Record<keyof FileChange, unknown>>;
  return (
    typeof path === "string" &&
    [before, after].every((text) => text === undefined || typeof text === "string")
  );
}

/** Adds what is about to be done. What a file was before the first of several setups is what counts. */
export async function writeJournal(cargoHome: string, changes: readonly FileChange[]): Promise<void> {
  const known = readJournal(cargoHome)?.files ?? [];
  const changed = changes.map((change) => {
    const earlier = known.find(({ path }) => path === change.path);
    // Where the user edited it since, what we left and what we found differ: undo must keep those edits.
    return earlier !== undefined && earlier.after === change.before
      ? { ...change, before: earlier.before }
      : change;
  });
  const others = known.filter(({ path }) => !changes.some((change) => change.path === path));
  const journal: Journal = { schema: 1, files: [...others, ...changed] };
  const path = journalPath(cargoHome);
  await applyChange({
    path,
    before: readUserFile(path),
    after: `${JSON.stringify(journal, undefined, 2)}\n`,
  });
}
