// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawn } from "node:child_process";
import { GreenError } from "../../error.ts";

/** A lock that is free is had at once; what takes longer is somebody else's build, milliseconds. */
const PATIENCE_MS = 200;

/**
 * Takes locks as Cargo does (flock), through the shim, as Node has none. They end with that process.
 *
 * @param blocked called once if somebody else holds one of them
 * @returns what lets them go
 * Throws GreenError "environment" if they cannot be had.
 */
export async function lockFiles(
  shim: string,
  files: readonly string[],
  blocked: () => void,
): Promise<() => Promise<void>> {
  const child = spawn(shim, ["--green-flock", ...files], { stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const timer = setTimeout(blocked, PATIENCE_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout.once("data", () => resolve());
      ended.then(() => reject(new GreenError("environment", `The lock "${files[0]}" cannot be taken`)));
    });
  } finally {
    clearTimeout(timer);
  }
  return () => {
    child.stdin.end();
    return ended;
  };
}
