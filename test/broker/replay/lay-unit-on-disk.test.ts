// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReplayEntry } from "../../../src/broker/replay/entry.ts";
import { layUnit } from "../../../src/broker/replay/lay-unit.ts";
import { openTarget, type TargetWriter } from "../../../src/broker/replay/target-writer.ts";
import type { UnitPlan } from "../../../src/broker/unit-plan.ts";
import { makeRoots } from "../../../src/cargo/roots.ts";
import type { LeftFile, UnitStore } from "../../../src/store/store.ts";
import type { Digest } from "../../../src/unit/digest.ts";
import type { UnitResult } from "../../../src/unit/record.ts";
import { compileShim, remove, scratch } from "../../shim/harness.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

const OUTPUT = { path: "libleaf-1.rlib", digest: "d" as Digest, size: 4, executable: false, role: "plain" };
/** Not how any file is. */
const CHANGED: LeftFile = { size: 1, mtimeNs: 1n, ctimeNs: 1n, names: 1 };
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

  /** Lays one library down. `left` is what the store has to say of its file, each time that it is asked. */
  async function lay(
    target: string,
    left: () => LeftFile | undefined = () => undefined,
    source = import.meta.filename,
  ): Promise<void> {
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
        const how = { link: false, mode: 0o644, mtime: 1, left: left() };
        return Promise.resolve({ operation: { kind: "place", path, source, ...how }, done() {} });
      },
    };
    await layUnit(
      {
        plan: plan as unknown as UnitPlan,
        record: { outputs: [OUTPUT] } as unknown as UnitResult,
        entry: entry as unknown as ReplayEntry,
        fingerprint: { json: "{}", hash: "0123456789abcdef" },
        isUsed: true,
        ...{ shim: join(home, "shim"), target, roots, mtime: 1 },
      },
      store,
      writer,
    );
  }
  const hashFile = (target: string) => join(target, FINGERPRINT.directory, FINGERPRINT.name);

  it("has its files, and a fingerprint by which Cargo finds it fresh", async () => {
    const target = temporaryDirectory();
    await lay(target);
    expect(existsSync(join(target, "debug/deps", OUTPUT.path))).toBe(true);
    expect(readFileSync(hashFile(target), "utf8")).toBe("0123456789abcdef");
    expect(readFileSync(`${hashFile(target)}.json`, "utf8")).toBe("{}");
  });

  it("is laid down all the same if its file was not known as it is, and is right: the store looks again", async () => {
    const target = temporaryDirectory();
    let asked = 0;
    await lay(target, () => (asked++ === 0 ? CHANGED : undefined));
    expect(asked).toBe(2);
    expect(existsSync(hashFile(target))).toBe(true);
  });

  it("has no fingerprint, not even an earlier one, if its file keeps changing", async () => {
    const target = temporaryDirectory();
    await lay(target);
    await expect(lay(target, () => CHANGED)).rejects.toMatchObject({ code: "busy" });
    expect(existsSync(dirname(hashFile(target)))).toBe(true);
    expect(existsSync(hashFile(target))).toBe(false);
  });

  it("has none either if a file could not be laid down", async () => {
    const target = temporaryDirectory();
    await lay(target);
    await expect(lay(target, undefined, "/nowhere")).rejects.toThrow("cannot be written to");
    expect(existsSync(hashFile(target))).toBe(false);
  });
});
