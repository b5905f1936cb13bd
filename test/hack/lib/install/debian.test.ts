// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unpackDebian } from "../../../../hack/lib/install/debian.ts";

let root: string;
let env: NodeJS.ProcessEnv;
let made: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "green-debian-"));
  made = join(root, "made");
  mkdirSync(made);
  mkdirSync(join(root, "bin"));
  env = { PATH: `${join(root, "bin")}:/usr/bin:/bin` };
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/**
 * An apt that has these packages, by `RELEASE/NAME` or `RELEASE/NAME=VERSION`, and a dpkg that unpacks each as an
 * executable of its name.
 */
function fakeDebian(available: readonly string[]): void {
  const cases = available.map((name) => `${name}) touch "\${wanted%=*}.deb" ;;`).join("\n");
  const apt = `release=own
while [ "$1" = -o ]; do release=other; shift 2; done
echo "$release $*" >>"${root}/calls"
case $1 in
  indextargets) echo "Debian Debian https://mirror.invalid/debian"; exit ;;
  update) exit ;;
esac
shift
for wanted; do
  case $release/$wanted in
    ${cases}
    *) echo "no $wanted in $release" >&2; exit 100 ;;
  esac
done`;
  const dpkg = `mkdir -p "$3/usr/sbin"; echo "\${2%.deb}" >"$3/usr/sbin/\${2%.deb}"`;
  for (const [name, script] of Object.entries({ "apt-get": apt, dpkg, sudo: "" }))
    writeFileSync(join(root, "bin", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

const SOURCE = {
  from: "debian",
  packages: ["helper"],
  libraries: ["lib1", "lib2"],
  newer: { release: "sid", versions: { daemon: "1.0" } },
} as const;

describe("packages", () => {
  test("of a newer release are taken in the version that is known to do", async () => {
    fakeDebian(["own/helper", "own/lib1", "own/lib2", "other/daemon=1.0", "other/daemon"]);
    expect(await unpackDebian("daemon", SOURCE, made, env)).toBeUndefined();
    expect(readFileSync(join(root, "calls"), "utf8")).toMatch(/other download daemon=1\.0\n$/);
    expect(existsSync(join(made, "bin", "daemon"))).toBe(true);
    expect(existsSync(join(made, "archives"))).toBe(false);
  });

  test("that have moved on are taken as they are, and libraries that a release lacks left out", async () => {
    fakeDebian(["own/helper", "own/lib2", "other/daemon"]);
    expect(await unpackDebian("daemon", SOURCE, made, env)).toBeUndefined();
    expect(readFileSync(join(root, "calls"), "utf8")).toMatch(/other download daemon\n$/);
    expect(existsSync(join(made, "root/usr/sbin/lib2"))).toBe(true);
    expect(existsSync(join(made, "root/usr/sbin/lib1"))).toBe(false);
  });

  test("that are not to be had at all are named", async () => {
    fakeDebian(["own/helper", "own/lib1", "own/lib2"]);
    expect(await unpackDebian("daemon", SOURCE, made, env)).toMatch(/no daemon in other/);
  });
});
