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
 */
export function rustcInfo(
  key: string,
  buildDirectory: string,
  store: Pick<UnitStore, "memo" | "remember">,
): RustcInfo {
  const path = join(buildDirectory, FILE);
  const wasThere = existsSync(path);
  const known = wasThere ? undefined : store.memo(NAMESPACE, key);
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
      if (wasThere) return;
      try {
        const found = readFileSync(path, "utf8");
        if (found !== known) store.remember(NAMESPACE, key, found);
      } catch {
        // It wrote none.
      }
    },
  };
}
