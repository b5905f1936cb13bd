// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { packageRoot } from "../package-root.ts";
import { ensureShim, type InstalledShim } from "../shim/install.ts";
import { VERSION } from "../version.ts";

/**
 * The shim of this version, compiled by the user's rustc if it is not there yet (about a second, once).
 * `say` is told what it takes time for.
 */
export function prepareShim(
  config: Config,
  env: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<InstalledShim> {
  const root = packageRoot();
  return ensureShim({
    cacheDir: config.cacheDir,
    rustc: env["RUSTC"] ?? "rustc",
    // The compiler is not asked: that would cost more than the second that another shim takes once.
    rustcIdentity: `${env["RUSTC"] ?? "rustc"} ${env["RUSTUP_TOOLCHAIN"] ?? ""}`,
    source: join(root, "shim", "main.rs"),
    versionId: VERSION,
    nodePath: process.execPath,
    scriptPath: join(root, "dist", "main.cjs"),
    fallbackPath: join(root, "dist", "shim.cjs"),
    env,
    onProgress: say,
  });
}

/** Its path, unless it is the fallback, which can neither be called in a sandbox nor stand in for build scripts. */
export function nativeShim({ kind, path }: InstalledShim): string | undefined {
  return kind === "native" ? path : undefined;
}
