// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReplayEntry } from "../../../src/broker/replay/entry.ts";
import { layUnit } from "../../../src/broker/replay/lay-unit.ts";
import { openTarget, type TargetWriter } from "../../../src/broker/replay/target-writer.ts";
import type { UnitPlan } from "../../../src/broker/unit-plan.ts";
import { makeRoots } from "../../../src/cargo/roots.ts";
import { GreenError } from "../../../src/error.ts";
import type { UnitStore } from "../../../src/store/store.ts";
import type { Digest } from "../../../src/unit/digest.ts";
import type { UnitResult } from "../../../src/unit/record.ts";
import { compileShim, remove, scratch } from "../../shim/harness.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

const OUTPUT = { path: "libleaf-1.rlib", digest: "d" as Digest, size: 4, executable: false, role: "plain" };
const FINGERPRINT = { directory: "debug/.fingerprint/leaf-1", name: "lib-leaf" };

describe("a unit that is laid down", () => {
  let home: string;
  let writer: TargetWriter;
  beforeAll(async () => {
    home = await scratch();
    const shim = join(home, "shim");
    await compileShim(shim);
    writer = await openTarget(shim, [join(home, "lock")], () => {});
  });
  afterAll(async () => {
    await writer.release();
    await remove(home);
  });

  /** Lays one library down. `done` is what the store has to say of its file afterwards. */
  async function lay(target: string, done: () => void, source = import.meta.filename): Promise<void> {
    const roots = makeRoots({ TARGET: target });
    const plan = {
      place: join(target, "debug/deps"),
      roots,
      identity: { kind: "lib" },
      clear: () => Promise.resolve(),
    };
    const entry = { depInfo: {}, fingerprint: { ...FINGERPRINT, files: [] } };
    const store: Pick<UnitStore, "prepare"> = {
      prepare: (_, path) => {
        const operation = { kind: "place", path, source, link: false, mode: 0o644, mtime: 1 } as const;
        return Promise.resolve({ operation, done });
      },
    };
    await layUnit(
      {
        plan: plan as unknown as UnitPlan,
        record: { outputs: [OUTPUT] } as unknown as UnitResult,
        entry: entry as unknown as ReplayEntry,
        fingerprint: { json: "{}", hash: "0123456789abcdef" },
        ...{ shim: join(home, "shim"), target, roots, mtime: 1 },
      },
      store,
      writer,
    );
  }
  const hashFile = (target: string) => join(target, FINGERPRINT.directory, FINGERPRINT.name);

  it("has its files, and a fingerprint by which Cargo finds it fresh", async () => {
    const target = temporaryDirectory();
    await lay(target, () => {});
    expect(existsSync(join(target, "debug/deps", OUTPUT.path))).toBe(true);
    expect(readFileSync(hashFile(target), "utf8")).toBe("0123456789abcdef");
    expect(readFileSync(`${hashFile(target)}.json`, "utf8")).toBe("{}");
  });

  it("has no fingerprint any more if the stored file was written to meanwhile", async () => {
    const target = temporaryDirectory();
    await lay(target, () => {});
    const changed = new GreenError("busy", "The stored file keeps changing");
    await expect(
      lay(target, () => {
        throw changed;
      }),
    ).rejects.toBe(changed);
    expect(existsSync(dirname(hashFile(target)))).toBe(true);
    expect(existsSync(hashFile(target))).toBe(false);
  });

  it("has none either, not even an earlier one, if a file could not be laid down", async () => {
    const target = temporaryDirectory();
    await lay(target, () => {});
    await expect(lay(target, () => {}, "/nowhere")).rejects.toThrow("cannot be written to");
    expect(existsSync(hashFile(target))).toBe(false);
  });
});
