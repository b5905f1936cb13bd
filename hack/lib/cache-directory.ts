// SPDX-License-Identifier: MIT OR Apache-2.0
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** `$XDG_CACHE_HOME/NAME`, else `~/.cache/NAME`: kept from one run to the next. */
export function cacheDirectory(name: string, env: NodeJS.ProcessEnv): string {
  const xdg = env["XDG_CACHE_HOME"];
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(env["HOME"] ?? homedir(), ".cache");
  return join(base, name);
}
