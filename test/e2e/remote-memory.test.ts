// SPDX-License-Identifier: MIT OR Apache-2.0
// GREEN_TEST_LARGE=1: pushes 4 GiB (GREEN_TEST_LARGE_GIB: as many) and looks at how much memory that takes. Needs five
// times as much room on the disk, and minutes.
import { randomFillSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openUnitStore } from "../../src/store/open-unit-store.ts";
import { start } from "../support/process.ts";
import { addUnit } from "../support/sample-build.ts";
import { describeWith } from "../support/services/needs.ts";
import { startRegistry } from "../support/services.ts";

const MIB = 1024 * 1024;
const IS_ASKED = process.env["GREEN_TEST_LARGE"] === "1";
const GIB = Number(process.env["GREEN_TEST_LARGE_GIB"] ?? 4);
/** What the program may take: 300 MB were promised. */
const MOST_MIB = 250;
const MINUTE = 60_000;

/** A large file, some middling ones, and many small ones: what cannot be compressed. */
const SIZES = [
  ...Array.from({ length: 1 }, () => (GIB * 1024) / 4),
  ...Array.from({ length: GIB * 11 }, () => 64),
  ...Array.from({ length: GIB * 64 }, () => 1),
];

function* randomly(mebibytes: number): Generator<Uint8Array> {
  for (let at = 0; at < mebibytes; at++) yield randomFillSync(Buffer.alloc(MIB));
}

/** The most memory that a process ever had, MiB; undefined if it is gone. */
function peakOf(pid: number): number | undefined {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}

describeWith(["registry"], "pushing very much", () => {
  test.skipIf(!IS_ASKED).each(["private", "public"] as const)(
    "takes little memory, to a %s remote",
    async (visibility) => {
      const { bavail, bsize } = statfsSync(tmpdir());
      if (bavail * bsize < 5 * GIB * 1024 * MIB) throw new Error(`There is too little room in ${tmpdir()}`);
      const root = mkdtempSync(join(tmpdir(), "green-large-"));
      const registry = await startRegistry({ version: "v3" });
      try {
        const directory = join(root, "store");
        const store = openUnitStore(directory);
        const names = SIZES.map((_, at) => `unit${at}`);
        for (const [at, size] of SIZES.entries())
          await addUnit(store, `unit${at}`, { content: randomly(size) });
        store.close();
        const push = join(import.meta.dirname, "../support/fixtures/push-sample.ts");
        const url = `oci://${registry.host}/large`;
        const argv = [process.execPath, push, directory, url, names.join(","), names.join(","), visibility];
        const started = performance.now();
        const { pid, ended } = start(argv, {
          cwd: root,
          env: { HOME: root, PATH: process.env["PATH"] ?? "" },
        });
        let peak = 0;
        const timer = setInterval(() => {
          peak = Math.max(peak, peakOf(pid) ?? 0);
        }, 50);
        expect(await ended).toMatchObject({ status: 0, stderr: "" });
        clearInterval(timer);
        const seconds = ((performance.now() - started) / 1000).toFixed(0);
        console.log(`${visibility}: ${GIB} GiB in ${seconds} s, at most ${peak.toFixed(0)} MiB of memory`);
        expect(peak).toBeLessThan(MOST_MIB);
      } finally {
        await registry.close();
        rmSync(root, { recursive: true, force: true });
      }
    },
    60 * MINUTE,
  );
});
