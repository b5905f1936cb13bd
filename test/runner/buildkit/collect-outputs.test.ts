// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { createLimiter } from "../../../src/limiter.ts";
import { createBufferPool } from "../../../src/runner/buildkit/buffer-pool.ts";
import {
  collectDirectory,
  type OutputReader,
  readWhole,
} from "../../../src/runner/buildkit/collect-outputs.ts";
import { StatSchema } from "../../../src/runner/buildkit/proto/fsutil_pb.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

type Entry =
  | { readonly name: string; readonly bytes: Buffer; readonly mode?: number; readonly claimed?: number }
  | { readonly name: string; readonly link: string }
  | { readonly name: string; readonly entries: readonly Entry[]; readonly mode?: number }
  | { readonly name: string; readonly kind: number };

/** A builder that has these. */
function builderWith(root: readonly Entry[]): OutputReader & { readonly lengths: number[] } {
  const lengths: number[] = [];
  const find = (path: string): readonly Entry[] =>
    path
      .split("/")
      .slice(1)
      .reduce((entries, name) => {
        const found = entries.find((entry) => entry.name === name);
        return found !== undefined && "entries" in found ? found.entries : [];
      }, root);
  const fileAt = (path: string) => {
    const at = path.lastIndexOf("/");
    const found = find(path.slice(0, at)).find(({ name }) => name === path.slice(at + 1));
    return found !== undefined && "bytes" in found ? found.bytes : Buffer.alloc(0);
  };
  return {
    lengths,
    limit: createLimiter(3),
    buffers: createBufferPool(),
    async directory(path) {
      return find(path).map((entry) => create(StatSchema, { path: entry.name, ...statOf(entry) }));
    },
    async piece(path, offset, length) {
      lengths.push(length);
      return fileAt(path).subarray(offset, offset + length);
    },
    async fill(path, offset, into) {
      lengths.push(into.length);
      return fileAt(path).copy(into, 0, offset, offset + into.length);
    },
  };
}

function statOf(entry: Entry) {
  if ("link" in entry) return { mode: 2 ** 27 + 0o777, linkname: entry.link };
  if ("entries" in entry) return { mode: 2 ** 31 + (entry.mode ?? 0o755) };
  if ("kind" in entry) return { mode: entry.kind + 0o644 };
  return { mode: entry.mode ?? 0o644, size: BigInt(entry.claimed ?? entry.bytes.length) };
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("what a unit left", () => {
  test("comes home with its directories, links and modes", async () => {
    const builder = builderWith([
      { name: "empty", bytes: Buffer.alloc(0) },
      { name: "program", bytes: Buffer.from("#!"), mode: 0o755 },
      { name: "secret", bytes: Buffer.from("s"), mode: 0o400 },
      { name: "d", entries: [{ name: "e", entries: [{ name: "f", bytes: Buffer.from("deep") }] }] },
      { name: "closed", entries: [{ name: "f", bytes: Buffer.from("x") }], mode: 0o555 },
      { name: "link", link: "/usr/nowhere" },
      { name: "pipe", kind: 2 ** 25 },
    ]);
    const into = temporaryDirectory();
    expect(await collectDirectory(builder, "", { into })).toBe(8);
    expect(readdirSync(into).sort()).toEqual(["closed", "d", "empty", "link", "program", "secret"]);
    const modeOf = (path: string) => statSync(join(into, path)).mode & 0o777;
    expect([modeOf("program"), modeOf("secret"), modeOf("closed"), modeOf("empty")]).toEqual([
      ...[0o755, 0o400, 0o555, 0o644],
    ]);
    expect(readlinkSync(join(into, "link"))).toBe("/usr/nowhere");
    expect(readFileSync(join(into, "d/e/f"), "utf8")).toBe("deep");
  });

  test("comes in pieces if it is large, and as a whole", async () => {
    const bytes = randomBytes(20 * 1024 * 1024 + 1);
    const builder = builderWith([{ name: "large", bytes }]);
    const into = temporaryDirectory();
    await collectDirectory(builder, "", { into });
    expect(digest(readFileSync(join(into, "large")))).toBe(digest(bytes));
    expect(Math.max(...builder.lengths)).toBeLessThan(16 * 1024 * 1024);
    expect(digest(await readWhole(builder, "/large"))).toBe(digest(bytes));
  });

  test("is told of while it is in memory, by its path", async () => {
    const large = randomBytes(9 * 1024 * 1024);
    const builder = builderWith([
      { name: "large", bytes: large },
      { name: "d", entries: [{ name: "small", bytes: Buffer.from("s") }] },
      { name: "link", link: "large" },
    ]);
    const told = new Map<string, string>();
    const arrived = (path: string, bytes: Buffer | undefined) => {
      told.set(path, bytes === undefined ? "" : digest(bytes));
    };
    await collectDirectory(builder, "", { into: temporaryDirectory(), arrived });
    expect(told).toEqual(
      new Map([
        ["large", digest(large)],
        ["d/small", digest(Buffer.from("s"))],
      ]),
    );
  });

  test("comes all the same if it is too large for memory, and is told of without bytes", async () => {
    const bytes = randomBytes(9 * 1024 * 1024);
    const builder = { ...builderWith([{ name: "large", bytes, mode: 0o755 }]), wholeBytes: bytes.length - 1 };
    const into = temporaryDirectory();
    const told: unknown[] = [];
    await collectDirectory(builder, "", { into, arrived: (...what) => void told.push(what) });
    expect(told).toEqual([["large", undefined]]);
    expect(digest(readFileSync(join(into, "large")))).toBe(digest(bytes));
    expect(statSync(join(into, "large")).mode & 0o777).toBe(0o755);
  });

  test("is printed in full where it fills its pieces exactly", async () => {
    const bytes = Buffer.alloc(16 * 1024 * 1024, "x");
    expect((await readWhole(builderWith([{ name: "stdout", bytes }]), "/stdout")).equals(bytes)).toBe(true);
  });

  test.each(["..", ".", "", "../x", "/etc/x", "a\0b"])("is refused under the name %j", async (name) => {
    const builder = builderWith([{ name, bytes: Buffer.from("x") }]);
    const collected = collectDirectory(builder, "", { into: temporaryDirectory() });
    await expect(collected).rejects.toMatchObject({ code: "protocol" });
  });

  test("is refused if it is another length than the builder says", async () => {
    const builder = builderWith([{ name: "f", bytes: Buffer.from("abc"), claimed: 5 }]);
    const collected = collectDirectory(builder, "", { into: temporaryDirectory() });
    await expect(collected).rejects.toMatchObject({ code: "protocol" });
  });

  test("is not written through a link that came before", async () => {
    const outside = temporaryDirectory();
    const builder = builderWith([
      { name: "d", link: outside },
      { name: "d", entries: [{ name: "f", bytes: Buffer.from("x") }] },
    ]);
    await expect(collectDirectory(builder, "", { into: temporaryDirectory() })).rejects.toMatchObject({
      code: "EEXIST",
    });
    expect(readdirSync(outside)).toEqual([]);
  });
});
