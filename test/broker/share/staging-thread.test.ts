// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LayerToStage } from "../../../src/broker/share/stage-layer.ts";
import { StagingThread } from "../../../src/broker/share/staging-thread.ts";
import { layerOf } from "../../../src/remote/format/layer.ts";
import { writeSegment } from "../../../src/remote/format/segment.ts";
import { digestOf } from "../../../src/unit/digest.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

const CONTENTS = new Map([
  ["a", randomBytes(900_000)],
  ["b", Buffer.from("b")],
]);

/** A layer of these files, and what it says of itself. */
async function layer(): Promise<{ readonly bytes: Buffer; readonly wanted: LayerToStage }> {
  const directory = temporaryDirectory();
  const path = join(directory, "segment");
  const given = [...CONTENTS].map(([name, content]) => {
    const open = async function* () {
      yield content;
    };
    return { path: name, size: content.length, executable: false, open };
  });
  const written = await writeSegment(given, path);
  const { open } = await layerOf([
    {
      ...written,
      open: async function* () {
        yield readFileSync(path);
      },
    },
  ]);
  const pieces: Uint8Array[] = [];
  for await (const piece of open()) pieces.push(piece);
  const files = [...CONTENTS].map(([name, content]) => {
    const staged = { path: join(directory, name), size: content.length, executable: false };
    return { ...staged, name, digest: digestOf(content) };
  });
  return { bytes: Buffer.concat(pieces), wanted: { what: "The layer", tarSize: 2_000_000, files } };
}

async function* inPieces(bytes: Buffer, end = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < end; at += 65_536) {
    await nextTurn();
    yield bytes.subarray(at, Math.min(end, at + 65_536));
  }
}

function openThread(): StagingThread {
  const thread = new StagingThread();
  onTestFinished(() => thread.close());
  return thread;
}

describe("a thread that stages layers", () => {
  test("puts files where they are wanted, of several layers at once", async () => {
    const thread = openThread();
    const layers = await Promise.all([layer(), layer()]);
    await Promise.all(layers.map(({ bytes, wanted }) => thread.stage(inPieces(bytes), bytes.length, wanted)));
    for (const { name, path } of layers.flatMap(({ wanted }) => wanted.files)) {
      expect(readFileSync(path).equals(CONTENTS.get(name) ?? Buffer.alloc(0))).toBe(true);
    }
  });

  test("says what is wrong with a layer, and goes on with others", async () => {
    const thread = openThread();
    const { bytes, wanted } = await layer();
    const forged = { ...wanted, files: wanted.files.map((file) => ({ ...file, digest: digestOf("other") })) };
    await expect(thread.stage(inPieces(bytes), bytes.length, forged)).rejects.toMatchObject({
      ...{ code: "corrupt", message: 'The layer has other bytes in "a"' },
    });
    expect(existsSync(wanted.files[0]?.path ?? "")).toBe(false);
    await thread.stage(inPieces(bytes), bytes.length, wanted);
  });

  test("hears that a layer does not come, and writes no more when that is told", async () => {
    const { bytes, wanted } = await layer();
    const broken = async function* () {
      yield* inPieces(bytes, bytes.length / 2);
      throw new Error("cancelled");
    };
    await expect(openThread().stage(broken(), bytes.length, wanted)).rejects.toThrow(/^cancelled$/);
    await expect(openThread().stage(inPieces(bytes, 1000), bytes.length, wanted)).rejects.toThrow(
      "1000 bytes",
    );
  });

  test("fails what it has not done when it ends", async () => {
    const thread = openThread();
    const { bytes, wanted } = await layer();
    const staging = thread.stage(inPieces(bytes), bytes.length, wanted);
    await Promise.all([thread.close(), expect(staging).rejects.toMatchObject({ code: "internal" })]);
    await expect(thread.stage(inPieces(bytes), bytes.length, wanted)).rejects.toMatchObject({
      code: "internal",
    });
  });

  test("keeps no process from ending", () => {
    const module = join(import.meta.dirname, "../../../src/broker/share/staging-thread.ts");
    const program = `new (await import(${JSON.stringify(module)})).StagingThread()`;
    execFileSync(process.execPath, ["--input-type=module", "--eval", program], { timeout: 20_000 });
  });
});
