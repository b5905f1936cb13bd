// SPDX-License-Identifier: MIT OR Apache-2.0
// Becomes dist/main.cjs, compiled down to what Node 12 can parse, so that an old Node says what is wrong.
import { bundleLoader } from "./bundle-loader.ts";

/** `engines` in package.json says the same. */
const OLDEST = [24, 15] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `error: cargo-green runs on Node ${OLDEST.join(".")} or newer, and this is Node ${process.versions.node} (${process.execPath})\n` +
      "  help: install Node 24, or set CARGOGREEN_NODE to the path of one\n",
  );
  process.exitCode = 3;
} else {
  const loader = bundleLoader(import.meta.dirname, placeOfCode());
  process.on("exit", () => loader.keep(Date.now()));
  const { start } = loader.load("./entry.cjs") as typeof import("./main.ts");
  start();
}

/**
 * Compiled code lies in our cache directory, which is made for the user alone: records hold what builds were given.
 * A place that cannot be written to only costs time.
 */
function placeOfCode(): string | undefined {
  const { CARGOGREEN_CACHE_DIR: own, XDG_CACHE_HOME: xdg, HOME: home } = process.env;
  const cache = own || (xdg ? `${xdg}/cargo-green` : home ? `${home}/.cache/cargo-green` : undefined);
  // Node's recursive mkdir never ends below /proc (Node 24.21).
  if (cache === undefined || cache.startsWith("/proc/")) return undefined;
  try {
    process.getBuiltinModule("node:fs").mkdirSync(cache, { recursive: true, mode: 0o700 });
  } catch {
    return undefined;
  }
  return `${cache}/v8`;
}
