// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { parseDepInfo, rerootDepInfo } from "../../src/cargo/dep-info.ts";
import { expandText, makeRoots, normaliseText } from "../../src/cargo/roots.ts";

const directory = mkdtempSync(join(tmpdir(), "green dep info-"));
afterAll(() => rmSync(directory, { recursive: true }));

const NIGHTLY = `/t/out/a.d: a/src/main.rs a/src/sp\\ ace.txt

/t/out/a: a/src/main.rs a/src/sp\\ ace.txt

a/src/main.rs:
a/src/sp\\ ace.txt:

# env-dep:CARGO_PKG_NAME=a
# env-dep:NOPE x
# checksum:blake3=4637daa6dd43 file_len:155 a/src/sp\\ ace.txt
`;

describe("parseDepInfo", () => {
  it("reads what the real rustc writes: blanks in names, variables set, unset and with newlines", () => {
    mkdirSync(join(directory, "src"));
    mkdirSync(join(directory, "o ut"));
    writeFileSync(
      join(directory, "src/main.rs"),
      'fn main() { env!("GEN"); option_env!("NO VALUE"); include_str!("two  blanks é.txt"); }',
    );
    writeFileSync(join(directory, "src/two  blanks é.txt"), "");
    execFileSync(
      "rustc",
      ["src/main.rs", "--crate-name", "a", "--emit=dep-info,metadata", "--out-dir", "o ut"],
      {
        cwd: directory,
        env: { ...process.env, GEN: "a\\b\nc\rd=e" },
      },
    );
    const info = parseDepInfo(readFileSync(join(directory, "o ut/a.d"), "utf8"));
    expect(info).toEqual({
      targets: ["o ut/a.d", "o ut/liba.rmeta"],
      files: ["src/main.rs", "src/two  blanks é.txt"],
      env: [
        { name: "GEN", value: "a\\b\nc\rd=e" },
        { name: "NO VALUE", value: undefined },
      ],
      checksums: [],
    });
  }, 30_000);

  it("reads the checksums of nightly", () => {
    expect(parseDepInfo(NIGHTLY)).toEqual({
      targets: ["/t/out/a.d", "/t/out/a"],
      files: ["a/src/main.rs", "a/src/sp ace.txt"],
      env: [
        { name: "CARGO_PKG_NAME", value: "a" },
        { name: "NOPE x", value: undefined },
      ],
      checksums: [{ file: "a/src/sp ace.txt", checksum: "blake3=4637daa6dd43", size: 155 }],
    });
  });

  it("falls back to the first rule where there are no empty ones", () => {
    expect(parseDepInfo("/t/a: x.rs y\\ z.rs\n").files).toEqual(["x.rs", "y z.rs"]);
  });

  const file = fc.stringMatching(/^[a-z/]([a-z/. é-]{0,8}[a-z])?$/);
  const name = fc.stringMatching(/^[A-Z_ \\]{1,6}$/);
  const value = fc.string().map((text) => text.replaceAll("\0", ""));

  it("undoes rustc's escapes for any names and values", () => {
    const escapeFile = (text: string) => text.replaceAll(" ", "\\ ");
    const escapeEnv = (text: string) =>
      text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
    fc.assert(
      fc.property(
        fc.uniqueArray(file, { minLength: 1 }),
        fc.array(fc.record({ name, value: fc.option(value, { nil: undefined }) })),
        (files, env) => {
          const text = [
            `/t/a.d: ${files.map(escapeFile).join(" ")}\n`,
            ...files.map((each) => `${escapeFile(each)}:`),
            "",
            ...env.map((each) => {
              const set = each.value === undefined ? "" : `=${escapeEnv(each.value)}`;
              return `# env-dep:${escapeEnv(each.name)}${set}`;
            }),
            "",
          ].join("\n");
          expect(parseDepInfo(text)).toEqual({ targets: ["/t/a.d"], files, env, checksums: [] });
          expect(rerootDepInfo(text, (same) => same)).toBe(text);
        },
      ),
    );
  });
});

describe("rerootDepInfo", () => {
  it("moves a file to a checkout with blanks in its path and back", () => {
    const here = makeRoots({ TARGET: "/code/target", WORKSPACE: "/code" });
    const there = makeRoots({ TARGET: "/my work/target", WORKSPACE: "/my work" });
    const text =
      "/code/target/a.d: /code/src/a.rs b.rs\n\n/code/src/a.rs:\nb.rs:\n\n# env-dep:OUT_DIR=/code/target/o\n";
    const stored = rerootDepInfo(text, (path) => normaliseText(path, here));
    expect(stored).not.toContain("/code");
    const moved = rerootDepInfo(stored, (path) => expandText(path, there));
    expect(moved).toBe(
      "/my\\ work/target/a.d: /my\\ work/src/a.rs b.rs\n\n/my\\ work/src/a.rs:\nb.rs:\n\n# env-dep:OUT_DIR=/my work/target/o\n",
    );
    expect(
      rerootDepInfo(
        rerootDepInfo(moved, (path) => normaliseText(path, there)),
        (path) => expandText(path, here),
      ),
    ).toBe(text);
  });
});
