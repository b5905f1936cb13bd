// SPDX-License-Identifier: MIT OR Apache-2.0
import { runProgram } from "../cargo/run-program.ts";
import { applyChange, type FileChange, readUserFile } from "./file-change.ts";
import { findProgram } from "./find-program.ts";
import { journalPath, readJournal, writeJournal } from "./journal.ts";
import { planSetup } from "./plan.ts";
import { planUndo, type UndoPlan } from "./undo.ts";
import { installWrapper, removeWrapper, wrapperPath } from "./wrapper.ts";

const BY_HAND = "make it writable, or change it by hand as `cargo green setup --dry-run` shows";

/** Whose settings are set up. */
export interface SetupContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cargoHome: string;
  /** File name of the shim. */
  readonly shimName: string;
}

/** What setup would change now. */
export async function plannedChanges(context: SetupContext): Promise<readonly FileChange[]> {
  const { env, cargoHome, shimName } = context;
  const moldTarget = findProgram("mold", env) === undefined ? undefined : await hostTriple(env);
  return planSetup({ cargoHome, wrapper: wrapperPath(cargoHome, shimName), moldTarget });
}

/**
 * Makes the changes, all or none; `shim` is copied to where plain Cargo finds it. What is needed to undo it is written
 * first.
 */
export async function setUp(
  changes: readonly FileChange[],
  context: SetupContext,
  shim: string,
): Promise<void> {
  const { cargoHome } = context;
  const journal = { path: journalPath(cargoHome), before: readUserFile(journalPath(cargoHome)) };
  const made: FileChange[] = [];
  try {
    installWrapper(cargoHome, shim);
    if (changes.length > 0) await writeJournal(cargoHome, changes);
    for (const change of changes) {
      await applyChange(change, BY_HAND);
      made.push(change);
    }
  } catch (thrown) {
    for (const { path, before, after } of made.toReversed()) {
      await applyChange({ path, before: after, after: before }).catch(() => undefined);
    }
    if (journal.before === undefined) removeWrapper(cargoHome, context.shimName);
    else {
      const now = readUserFile(journal.path);
      await applyChange({ path: journal.path, before: now, after: journal.before }).catch(() => undefined);
    }
    throw thrown;
  }
}

/** What undoing would change; undefined if there is nothing to undo. */
export async function plannedUndo({ cargoHome }: SetupContext): Promise<UndoPlan | undefined> {
  const journal = readJournal(cargoHome);
  return journal === undefined ? undefined : planUndo(journal);
}

/** Undoes; the shim goes last, when nothing names it any more. It stays while a file is stuck that may name it. */
export async function undo(plan: UndoPlan, { cargoHome, shimName }: SetupContext): Promise<void> {
  for (const change of plan.changes) await applyChange(change, BY_HAND);
  if (plan.stuck.length === 0) removeWrapper(cargoHome, shimName);
}

async function hostTriple(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const variables = new Map(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const { stdout } = await runProgram(env["RUSTC"] ?? "rustc", ["-vV"], variables);
  return /^host: (\S+)$/m.exec(stdout)?.[1];
}
