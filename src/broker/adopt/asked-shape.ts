// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve } from "node:path";
import { parseRustcArgv, type RustcInvocation } from "../../cargo/rustc-argv.ts";
import type { ShimRequest } from "../protocol.ts";

/** A request as far as it says where things are. */
export type AskedShape =
  | { readonly kind: "run"; readonly place: string }
  | { readonly kind: "compile"; readonly place: string; readonly parsed: RustcInvocation }
  /** Nothing that a cache could keep. */
  | { readonly kind: "other"; readonly reason: string };

/** Takes a request apart. `place` is absolute: `--out-dir`, or OUT_DIR. */
export function shapeOf({ role, argv, cwd, env }: ShimRequest): AskedShape {
  if (role === "build-script") {
    const place = env.get("OUT_DIR");
    return place === undefined ? { kind: "other", reason: "it has no OUT_DIR" } : { kind: "run", place };
  }
  const parsed = parseRustcArgv(argv.slice(role === "workspace-wrapper" ? 2 : 1));
  if ("uncacheable" in parsed) return { kind: "other", reason: parsed.uncacheable };
  if (parsed.outDir === undefined) return { kind: "other", reason: "it has no output directory" };
  return { kind: "compile", place: resolve(cwd, parsed.outDir), parsed };
}
