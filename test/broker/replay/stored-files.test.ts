// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inLatin1 } from "../../../src/broker/bytes-text.ts";
import { filesHere, isElsewhere, readFiles } from "../../../src/broker/replay/stored-files.ts";
import { type DepInfoFile, writeDepInfoFile } from "../../../src/cargo/fingerprint/dep-info-file.ts";
import { expandText, makeRoots } from "../../../src/cargo/roots.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

const HERE = inLatin1(makeRoots({ WORKSPACE: "/work/ä", CARGO_HOME: "/home/a/.cargo", HOME: "/home/a" }));
const THERE = inLatin1(makeRoots({ WORKSPACE: "/checkout", CARGO_HOME: "/opt/cargo home", HOME: "/root" }));
const latin1 = (text: string) => Buffer.from(text, "utf8").toString("latin1");

/** Cargo's dep-info over some files, and one variable that has a path for its value. */
function depInfo(paths: readonly string[], value: string): Uint8Array {
  const files = paths.map((path) => ({ base: "build" as const, path: latin1(path), checksum: undefined }));
  const info: DepInfoFile = { isOld: false, files, env: [{ name: "PLACE", value: latin1(value) }] };
  return writeDepInfoFile(info);
}

/** Writes files, reads them with the places of `HERE`, and writes them elsewhere with those of `THERE`, as the shim does. */
function carried(contents: Readonly<Record<string, string | Uint8Array>>) {
  const directory = temporaryDirectory();
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(directory, name), content);
  const read = readFiles(directory, ["hash", "hash.json"], HERE);
  const elsewhere = join(temporaryDirectory(), "not/there/yet");
  const operations = read === undefined ? [] : filesHere(elsewhere, read.files, THERE, 1_234_567_890);
  mkdirSync(elsewhere, { recursive: true });
  for (const each of operations) {
    if (each.kind !== "write" && each.kind !== "expand") throw new Error(each.kind);
    const bytes = each.kind === "write" ? each.bytes : Buffer.from(expandText(each.text, THERE), "latin1");
    writeFileSync(each.path, bytes);
    if (each.mtime !== undefined) utimesSync(each.path, each.mtime, each.mtime);
  }
  return {
    read,
    elsewhere,
    text: (name: string) => readFileSync(join(elsewhere, name), "utf8"),
    bytes: (name: string) => readFileSync(join(elsewhere, name)),
  };
}

describe("what Cargo keeps beside a unit", () => {
  it("comes with the paths of the other place, all of one age, without what is left out", () => {
    const { read, text, bytes, elsewhere } = carried({
      hash: "0123456789abcdef",
      "hash.json": "{}",
      "invoked.timestamp": "This file has an mtime of when this was started.",
      output: "cargo::rerun-if-changed=/work/ä/watched.txt\ncargo::rustc-env=X=/home/a/.cargo/bin\n",
      "root-output": "/work/ä/target/debug/build/x-0123456789abcdef/out",
      "output-lib-x": `{"rendered":"--> src/lib.rs:1:1","file":"/work/ä/src/lib.rs"}\n`,
      "dep-lib-x": depInfo(["/work/ä/shared.txt", "/home/a/.cargo/x", "/usr/include/x.h"], "/work/ä/place"),
    });
    expect(read?.namesOthers).toBe(false);
    expect(readdirSync(elsewhere).sort()).toEqual(
      ["dep-lib-x", "invoked.timestamp", "output", "output-lib-x", "root-output"].sort(),
    );
    expect(text("output")).toBe(
      "cargo::rerun-if-changed=/checkout/watched.txt\ncargo::rustc-env=X=/opt/cargo home/bin\n",
    );
    expect(text("root-output")).toBe("/checkout/target/debug/build/x-0123456789abcdef/out");
    expect(text("output-lib-x")).toContain('"/checkout/src/lib.rs"');
    expect(bytes("dep-lib-x")).toEqual(
      Buffer.from(
        depInfo(["/checkout/shared.txt", "/opt/cargo home/x", "/usr/include/x.h"], "/checkout/place"),
      ),
    );
    for (const name of readdirSync(elsewhere)) {
      expect(statSync(join(elsewhere, name)).mtimeMs).toBe(1_234_567_890_000);
    }
  });

  it("is the same, byte for byte, where nothing in it is a path of this machine", () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).filter((each) => !Buffer.from(each).includes("/"));
    fc.assert(
      fc.property(bytes, (content) => {
        expect(carried({ stderr: content }).bytes("stderr")).toEqual(Buffer.from(content));
      }),
      { numRuns: 50 },
    );
    const info = depInfo(["/usr/lib/x.a"], "value");
    expect(carried({ "dep-lib-x": info }).bytes("dep-lib-x")).toEqual(Buffer.from(info));
  });

  it("names others if a file is watched that no place of ours is above", () => {
    expect(carried({ "dep-lib-x": depInfo(["/work/other/shared.txt"], "x") }).read?.namesOthers).toBe(true);
    expect(carried({ "dep-lib-x": depInfo(["src/lib.rs", "../x"], "/work/other") }).read?.namesOthers).toBe(
      false,
    );
  });

  it("is not understood if its dep-info is of another form", () => {
    expect(carried({ "dep-lib-x": "of an older Cargo" }).read).toBeUndefined();
  });

  it("is files only", () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "out"));
    symlinkSync("/etc/passwd", join(directory, "link"));
    expect(readFiles(directory, [], HERE)).toEqual({ files: [], namesOthers: false });
  });

  it("is not written where a place is missing", () => {
    const info = writeDepInfoFile({
      isOld: false,
      files: [{ base: "build", path: "@@green:SYSROOT@@/lib", checksum: undefined }],
      env: [],
    });
    const content = Buffer.from(info).toString("latin1");
    const files = [{ name: "dep-lib-x", kind: "dep-info", content }] as const;
    expect(() => filesHere(temporaryDirectory(), files, HERE, 1)).toThrow("SYSROOT");
  });
});

describe("a path", () => {
  it.each([
    ["/usr/include/zlib.h", false],
    ["/etc/ssl/openssl.cnf", false],
    ["src/lib.rs", false],
    ["@@green:HOME@@/x", false],
    ["/usrlocal/x", true],
    ["/home/other/x", true],
    ["/", true],
  ])("%s is elsewhere: %s", (path, expected) => {
    expect(isElsewhere(path)).toBe(expected);
  });
});
