// SPDX-License-Identifier: MIT OR Apache-2.0
import { statSync } from "node:fs";
import { join } from "node:path";
import { GreenError } from "../error.ts";
import { VERSION } from "../version.ts";
import type { Check, Finding } from "./finding.ts";

/** Whether builds can talk to their broker, and whether the one that plain cargo's wrapper starts did start. */
export const checkBroker: Check = async ({ env }): Promise<readonly Finding[]> => {
  const check = "broker";
  try {
    const { socketDirectory } = await import("../broker/socket-directory.ts");
    const directory = socketDirectory({ runtimeDir: env["XDG_RUNTIME_DIR"], uid: process.getuid?.() ?? 0 });
    // docs/protocol.md, "The per-user broker": not empty after a start that failed.
    const failed = statSync(join(directory, `${VERSION}.lock`), { throwIfNoEntry: false });
    if (failed === undefined || failed.size === 0) {
      return [{ check, status: "ok", says: `builds meet their broker in ${directory}` }];
    }
    const says = `plain cargo's wrapper could not start its broker, the last time on ${failed.mtime.toISOString()}: such builds do without the cache`;
    return [
      { check, status: "warning", says, todo: "run `cargo green setup` again, or `cargo green build`" },
    ];
  } catch (thrown) {
    const { message, hint } = GreenError.from(thrown);
    return [{ check, status: "problem", says: message, todo: hint ?? "set XDG_RUNTIME_DIR" }];
  }
};
