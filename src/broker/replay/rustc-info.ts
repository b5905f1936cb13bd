// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { UnitStore } from "../../store/store.ts";

/**
 * What the compiler answered when Cargo asked about targets and versions, which Cargo keeps in the build directory with
 * a hash of the programs' paths, sizes and times, and does not believe under another one (cargo 1.95, `rustc_fingerprint`
 * in util/rustc.rs). Two processes fewer in a new directory.
 */
const FILE = ".rustc_info.json";
const NAMESPACE = "rustc-info";

/** What Cargo keeps in a build directory of what the compiler told it; undefined if there is nothing. */
export function readAnswers(buildDirectory: string): string | undefined {
  try {
    return readFileSync(join(buildDirectory, FILE), "utf8");
  } catch {
    return undefined;
  }
}

/** Cargo's answers for one build directory. */
export interface RustcInfo {
  /** Puts down what is known where there is nothing yet, if there is such a directory. */
  lay(): void;
  /** Keeps what Cargo wrote since. */
  keep(): void;
}

/**
 * `key` is the hash of all that answers depend on, which is more than Cargo looks at: RUSTC_BOOTSTRAP for one. So
 * nothing is kept but what came to be in one build under that key.
 *
 * @param answers what Cargo has just kept elsewhere under the same key
 */
export function rustcInfo(
  key: string,
  buildDirectory: string,
  store: Pick<UnitStore, "memo" | "remember">,
  answers?: string,
): RustcInfo {
  const path = join(buildDirectory, FILE);
  const wasThere = existsSync(path);
  const known = wasThere ? undefined : (answers ?? store.memo(NAMESPACE, key));
  return {
    lay() {
      if (known === undefined || !existsSync(buildDirectory)) return;
      try {
        writeFileSync(path, known, { flag: "wx" });
      } catch {
        // Cargo asks the compiler.
      }
    },
    keep() {
      const found = wasThere ? undefined : readAnswers(buildDirectory);
      if (found !== undefined && found !== store.memo(NAMESPACE, key)) store.remember(NAMESPACE, key, found);
    },
  };
}
