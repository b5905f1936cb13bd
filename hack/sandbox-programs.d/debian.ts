// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Those of the packages that dpkg does not have installed; none where there is no dpkg, which is the user's to know. */
export function missingPackages(wanted: readonly string[]): readonly string[] {
  return [...new Set(wanted)].filter((name) => {
    const { error, stdout } = spawnSync("dpkg-query", ["--status", name], { encoding: "utf8" });
    return error === undefined && !/^Status: install ok installed$/m.test(stdout);
  });
}

/** How to get them. */
export function installCommand(packages: readonly string[]): string {
  return `apt-get install ${packages.join(" ")}`;
}

/** The system's name and release, such as `Debian GNU/Linux 12 (bookworm)`: os-release(5). */
export function releaseName(): string {
  return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "Linux";
}
