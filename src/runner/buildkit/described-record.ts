// SPDX-License-Identifier: MIT OR Apache-2.0
import { parseUnitUrl } from "../../containerfile/unit-url.ts";
import type { UnitIdentity } from "../../unit/record.ts";

/** What a record of a builder's is of. */
export type DescribedRecord =
  | UnitRun
  /** Sources that were sent for units, by the name that they have there. */
  | { readonly kind: "source"; readonly name: string }
  /** What came from a cache that was exported, by the digest of its last layer: `sha256:…`. */
  | { readonly kind: "imported"; readonly digest: string }
  /** What a builder keeps for others, or for itself. */
  | { readonly kind: "other" };

/** The result of a unit. */
export interface UnitRun {
  readonly kind: "unit";
  readonly identity: UnitIdentity;
  /** What Cargo gave it in `-C metadata`; undefined for runs of build scripts. */
  readonly metadata: string | undefined;
  /** The environment and the command, joined by spaces. */
  readonly command: string;
}

/** What BuildKit 0.25 calls what an exec left in a mount, and then the exec's arguments, joined by spaces. */
const EXEC = /^mount \S+ from exec \/bin\/sh -c /;
/** Behind the script and the output directory, which are ours, the unit's URL; what follows may hold anything. */
const LABEL = / (pkg:cargo\/\S+) env -i ([\s\S]*)$/;
const METADATA = / -C metadata=([0-9a-f]+)(?= |$)/g;
/** Sources of ours have names that end in hex digits of what is in them. */
const SOURCE = /^local source for (\S+-[0-9a-f]{16})$/;

const IMPORTED = /^imported (sha256:[0-9a-f]{64})$/;

/** Tells by a record's description what it is of: `solver/llbsolver/ops/exec.go`, `source/local` and
 * `worker/base` of BuildKit 0.25. */
export function describedRecord(description: string): DescribedRecord {
  const [, name] = SOURCE.exec(description) ?? [];
  if (name !== undefined) return { kind: "source", name };
  const [, digest] = IMPORTED.exec(description) ?? [];
  if (digest !== undefined) return { kind: "imported", digest };
  if (!EXEC.test(description)) return { kind: "other" };
  const [, url = "", command = ""] = LABEL.exec(description) ?? [];
  const identity = parseUnitUrl(url);
  if (identity === undefined) return { kind: "other" };
  // The compiler's arguments are the last, behind variables whose values may look like them.
  const metadata = [...command.matchAll(METADATA)].at(-1)?.[1];
  return { kind: "unit", identity, metadata, command };
}
