// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadedBytes } from "../../src/cargo/loaded-bytes.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

/** An ELF of 64 bits with these segments, `[type, offset, bytes]`, in a file of so many bytes. */
function elf(segments: readonly (readonly [number, number, number])[], length: number): Buffer {
  const file = Buffer.alloc(length, "debug ");
  file.fill(0, 0, 64);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]).copy(file);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(segments.length, 56);
  for (const [number, [type, offset, bytes]] of segments.entries()) {
    const at = 64 + number * 56;
    file.fill(0, at, at + 56);
    file.writeUInt32LE(type, at);
    file.writeBigUInt64LE(BigInt(offset), at + 8);
    file.writeBigUInt64LE(BigInt(bytes), at + 32);
  }
  return file;
}

const LOAD = 1;
const NOTE = 4;

test("of an executable, that is what its code has in memory", () => {
  const file = elf(
    [
      [LOAD, 0, 300],
      [NOTE, 900, 50],
      [LOAD, 400, 100],
    ],
    1000,
  );
  expect(loadedBytes(file)).toEqual(Buffer.concat([file.subarray(0, 300), file.subarray(400, 500)]));
});

test.each([
  ["nothing", Buffer.alloc(0)],
  ["a script", Buffer.from("#!/bin/sh\n".padEnd(100, "# "))],
  ["an ELF of 32 bits", Buffer.from(elf([[LOAD, 0, 10]], 500)).fill(1, 4, 5)],
  ["one without segments", elf([], 500)],
  ["one that loads nothing", elf([[NOTE, 0, 10]], 500)],
  ["one whose segment is longer than it is", elf([[LOAD, 400, 101]], 500)],
  ["one that is cut off", elf([[LOAD, 0, 10]], 500).subarray(0, 100)],
])("of anything else that is all of it: %s", (_, file) => {
  expect(loadedBytes(file)).toBe(file);
});

test.skipIf(process.platform !== "linux")("what rustc compiles has its names there", () => {
  const directory = temporaryDirectory();
  const source = join(directory, "main.rs");
  writeFileSync(
    source,
    `fn main() { let name_of_local = std::env::var("GREEN_SPELLED_OUT"); println!("{name_of_local:?}"); }\n`,
  );
  execFileSync("rustc", ["-g", "--out-dir", directory, source]);
  const file = readFileSync(join(directory, "main"));
  const loaded = loadedBytes(file);
  expect(file.includes("name_of_local")).toBe(true);
  expect(loaded.includes("name_of_local")).toBe(false);
  expect(loaded.includes("GREEN_SPELLED_OUT")).toBe(true);
  expect(loaded.length).toBeLessThan(file.length / 2);
});
