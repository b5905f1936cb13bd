// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { type Packet, PacketSchema } from "../../../../src/runner/buildkit/proto/fsutil_pb.ts";
import { readListedTree, readWholeTree } from "../../../../src/runner/buildkit/session/read-tree.ts";
import { sendEntries } from "../../../../src/runner/buildkit/session/send-entries.ts";
import type { SentEntry } from "../../../../src/runner/buildkit/session/sent-entry.ts";
import { temporaryDirectory } from "../../../store/fixtures/temporary-directory.ts";
import { writeFiles } from "../../../support/files.ts";

const STAT = 0;
const REQUEST = 1;
const DATA = 2;
const END = 3;

/** A receiver that wants all files, in the order of their names backwards. */
async function receive(entries: readonly SentEntry[], beforeRequests = () => {}) {
  const listed = Promise.withResolvers<void>();
  const wanted: number[] = [];
  const paths: string[] = [];
  const contents = new Map<number, string>();
  let ended = 0;
  async function* requests(): AsyncGenerator<Packet> {
    await listed.promise;
    beforeRequests();
    for (const ID of wanted.reverse()) yield create(PacketSchema, { type: REQUEST, ID });
    yield create(PacketSchema, { type: END });
  }
  for await (const { type, stat, ID, data } of sendEntries(entries, requests())) {
    if (type === STAT && stat === undefined) listed.resolve();
    if (type === STAT && stat !== undefined) {
      if (stat.mode <= 0o777) wanted.push(paths.length);
      paths.push(stat.path);
    }
    if (type === DATA && data.length === 0) ended += 1;
    if (type === DATA) contents.set(ID, (contents.get(ID) ?? "") + Buffer.from(data).toString());
  }
  return { paths, files: Object.fromEntries([...contents].map(([id, text]) => [paths[id], text])), ended };
}

function tree() {
  const directory = temporaryDirectory();
  writeFiles(directory, {
    "src/lib.rs": "lib",
    "src/a/b.rs": "b",
    "a.txt": "",
    "target/x": "no",
    ".cargo-ok": "ok",
    ".git/HEAD": "",
    "src/a/.git": "",
  });
  symlinkSync("src/lib.rs", join(directory, "link"));
  chmodSync(join(directory, "a.txt"), 0o750);
  return directory;
}

describe("a tree", () => {
  test("is sent whole, but for what Cargo and git say of it", async () => {
    const entries = await readWholeTree({ directory: tree(), identity: "sum", files: undefined });
    const { paths, files, ended } = await receive(entries);
    expect(paths).toEqual([
      ...["a.txt", "link", "src", "src/a", "src/a/b.rs", "src/lib.rs", "target", "target/x"],
    ]);
    expect(files).toEqual({ "a.txt": "", "src/a/b.rs": "b", "src/lib.rs": "lib", "target/x": "no" });
    expect(ended).toBe(4);
  });

  test("is sent as far as it is listed, with the directories on the way", async () => {
    const { paths, files } = await receive(await readListedTree(tree(), ["link", "src/a/b.rs"]));
    expect(paths).toEqual(["link", "src", "src/a", "src/a/b.rs"]);
    expect(files).toEqual({ "src/a/b.rs": "b" });
  });

  test.each([
    ["another content", "LIB"],
    ["more", "lib and more"],
    ["less", "l"],
  ])("is not sent if a file has %s than when it was listed", async (_, text) => {
    const directory = tree();
    const entries = await readListedTree(directory, ["src/lib.rs"]);
    const sent = receive(entries, () => writeFileSync(join(directory, "src/lib.rs"), text));
    await expect(sent).rejects.toMatchObject({ code: "busy", retryable: true });
  });
});

test("a receiver that gives up ends the sending", async () => {
  async function* requests(): AsyncGenerator<Packet> {
    yield create(PacketSchema, { type: 4, data: Buffer.from("no space") });
  }
  const packets = sendEntries([], requests());
  const all = async () => {
    for await (const _ of packets);
  };
  await expect(all()).rejects.toMatchObject({ code: "protocol", message: /no space/ });
});
