// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listShownFiles } from "../../src/containerfile/ignore/list-shown-files.ts";
import { describeWithEngines } from "../support/engines.ts";
import { run } from "../support/process.ts";

const NAMES = [
  "a",
  "b",
  "ab",
  "a.b",
  "a b",
  "é",
  "a[b]",
  "!a",
  "#a",
  "a\\b",
  "a*",
  "A",
  "1",
  "-",
  ".a",
  "a^b",
  "(a)",
  "$a",
  "+",
];
const DIRECTORIES = ["", "a", "b", "a/b", "a/b/ab", "b/a/a/b", ".a"];

const atom = fc.constantFrom(
  ...[
    "a",
    "b",
    "ab",
    "A",
    "é",
    " ",
    "*",
    "*",
    "**",
    "**/",
    "/**/",
    "/",
    "/",
    "?",
    "[ab]",
    "[^b]",
    "[!a]",
    "[A-b]",
    "]",
    ".",
  ],
  ...[
    "\\*",
    "\\[",
    "\\a",
    "\\\\",
    "\\d",
    "\\-",
    "[\\]]",
    "[*]",
    "[?]",
    "!",
    "#",
    "-",
    "1",
    "../",
    "./",
    "//",
  ],
  ...["a/b", "/a", "^", "$", "+", "(", ")", "{", "}", "|", "[.]", "[[:alpha:]]", "\\s", "[é-ö]"],
);
const line = fc
  .tuple(
    fc.constantFrom("", "", "", "!", "/", "!/", " "),
    fc.array(atom, { maxLength: 5 }),
    fc.constantFrom("", "", "/", " ", "/**"),
  )
  .map(([prefix, atoms, suffix]) => `${prefix}${atoms.join("")}${suffix}`);
const file = fc
  .tuple(fc.array(line, { maxLength: 5 }), fc.constantFrom("\n", "\r\n"))
  .map(([lines, eol]) => lines.join(eol));

/** Each file costs a build: the same ones each time, as many others were tried. */
const SEED = 1;

describeWithEngines(["docker"], "what docker sends of a directory with a .dockerignore", ({ docker }) => {
  const directory = mkdtempSync(join(tmpdir(), "green-ignore-"));
  const context = join(directory, "context");
  const sent = join(directory, "sent");
  const containerfile = join(directory, "Containerfile");
  afterAll(() => rmSync(directory, { recursive: true }));

  beforeAll(() => {
    writeFileSync(containerfile, "FROM scratch\nCOPY . /\n");
    for (const each of DIRECTORIES) mkdirSync(join(context, each), { recursive: true });
    for (const each of DIRECTORIES) {
      for (const name of NAMES) {
        const path = join(each, name);
        if (!existsSync(join(context, path))) writeFileSync(join(context, path), "");
      }
    }
  });

  /** Undefined if it refuses the file. */
  async function dockerSends(): Promise<readonly string[] | undefined> {
    rmSync(sent, { recursive: true, force: true });
    const output = `type=local,dest=${sent}`;
    const env = { PATH: process.env["PATH"] ?? "", DOCKER_HOST: docker.host };
    const argv = [
      docker.program,
      "build",
      "--progress=plain",
      "--no-cache",
      "--output",
      output,
      "-f",
      containerfile,
      context,
    ];
    const { status, stderr } = await run(argv, { cwd: directory, env });
    if (status === 0) {
      const entries = readdirSync(sent, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return files.map((entry) => join(entry.parentPath, entry.name).slice(sent.length + 1));
    }
    if (!/syntax error in pattern|exclude ?patterns|illegal exclusion/.test(stderr)) throw new Error(stderr);
    return undefined;
  }

  test("is what we show", async () => {
    await fc.assert(
      fc.asyncProperty(file, async (text) => {
        writeFileSync(join(context, ".dockerignore"), text);
        const shown = await listShownFiles(context).catch(() => undefined);
        const wanted = await dockerSends();
        expect(shown?.toSorted()).toEqual(wanted?.toSorted());
      }),
      { numRuns: 60, seed: SEED },
    );
  });
});
