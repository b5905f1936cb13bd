// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Unmounts what is mounted below a directory, and on it. Needs root if there is anything. */
export function unmountAll(directory: string): void {
  // https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html: the fifth field, with odd bytes in octal.
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((point) => point.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))))
    .filter((point) => `${point}/`.startsWith(`${directory}/`));
  for (const point of points.reverse()) execFileSync("umount", [point], { stdio: "pipe" });
}
