// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import type { UnitIdentity } from "../../src/unit/record.ts";
import { sampleRecord } from "../store/fixtures/sample-record.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { bundledCli, type Ran } from "./run-cli.ts";

const runCli = bundledCli();
let cache: string;
let firstDigest: string;

const UNITS: readonly (readonly [string, Partial<UnitIdentity>, bytes: number])[] = [
  ["old", { version: "1.0.100", rustc: "1.88.0" }, 2000],
  ["new", { version: "1.0.228" }, 3000],
  ["rg", { package: "ripgrep", version: "15.1.0", target: "rg", kind: "bin", source: "path" }, 4000],
];

beforeEach(async () => {
  cache = temporaryDirectory();
  const store = openStore(cache);
  for (const [name, identity, bytes] of UNITS) {
    const { digest } = await store.adopt(await store.stageBytes(Buffer.alloc(bytes, name), false));
    firstDigest = name === "old" ? digest : firstDigest;
    const output = {
      path: `lib${name}.rlib`,
      digest,
      size: bytes,
      executable: false,
      role: "plain",
    } as const;
    const privacy = name === "rg" ? "private" : "public";
    store.put(sampleRecord({ name, identity, outputs: [output], privacy, inputs: { RUSTFLAGS: name } }));
  }
  store.flush();
  store.close();
});

const green = (...args: string[]): Ran => runCli(["cache", ...args], cache);
const names = (ran: Ran): string[] =>
  (JSON.parse(ran.stdout) as { units: { package: string; version: string }[] }).units.map(
    (unit) => `${unit.package} ${unit.version}`,
  );

describe("ls", () => {
  test("lists for people, with a sum", () => {
    const { status, stdout } = green("ls");
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^CRATE +VERSION +KIND +FEATURES +TARGET +PROFILE +RUSTC +SIZE +USED +PRIVACY +KEY\n/,
    );
    expect(stdout).toMatch(/\nripgrep +15\.1\.0 +bin rg +derive std .* 4 kB .* private +[0-9a-f]{8}\n/);
    expect(stdout).toMatch(/\n3 units · 9 kB\n$/);
    expect(stdout).not.toContain("\u001b");
  });

  test.each([
    ["serde@^1.0.200", ["serde 1.0.228"]],
    ["pkg:cargo/serde@1.0.100", ["serde 1.0.100"]],
    ["--rustc <1.90", ["serde 1.0.100"]],
    ["--kind bin", ["ripgrep 15.1.0"]],
    ["--private", ["ripgrep 15.1.0"]],
    ["--larger-than 2.5kB --sort size", ["ripgrep 15.1.0", "serde 1.0.228"]],
    ["--unused-since 1d --limit 5", []],
    ["serde ripgrep --limit 1 --sort size", ["ripgrep 15.1.0"]],
  ])("%s", (args, expected) => {
    expect(names(green("ls", "--json", ...args.split(" ")))).toEqual(expected);
  });
});

test("show says what a unit is, why it is private and what it was made from", () => {
  const { stdout } = green("show", "ripgrep");
  expect(stdout).toMatch(/^ripgrep 15\.1\.0 \(bin rg\)\n/);
  expect(stdout).toMatch(/privacy +private: /);
  expect(stdout).toMatch(/inputs\n +RUSTFLAGS +rg\n/);
  expect(stdout).toMatch(/outputs \(4 kB\)\n +librg\.rlib +4 kB\n/);
});

test("a slow reader gets everything, and one that leaves early leaves quietly", () => {
  const store = openStore(cache);
  const inputs = Object.fromEntries(
    Array.from({ length: 4000 }, (_, n) => [`env VARIABLE_${n}`, "x".repeat(100)]),
  );
  store.put(sampleRecord({ name: "large", identity: { package: "large" }, inputs }));
  store.close();
  const slow = runCli(["cache", "show", "large", "--json"], cache, { READER: "sleep 0.5; cat" });
  expect(Object.keys(JSON.parse(slow.stdout).units[0].inputs)).toHaveLength(4000);
  const early = runCli(["cache", "show", "large", "--json"], cache, { READER: "head -c 10" });
  expect([early.stdout.length, early.stderr]).toEqual([10, ""]);
});

test("how a unit was made can be asked for, and is shown", () => {
  const store = openStore(cache);
  const record = sampleRecord({ name: "loose", identity: { package: "loose" }, sandbox: "none" });
  store.put(record);
  const { provenance } = record;
  const sandbox = { mode: "bwrap", network: true, hidden: ["AWS_KEY", "MY_VAR"], seen: ["FLAVOR"] } as const;
  store.put({
    ...sampleRecord({
      name: "online",
      identity: { package: "online" },
      inputs: { "env FLAVOR": "=red", a: "" },
    }),
    provenance: { ...provenance, sandbox },
  });
  store.flush();
  store.close();
  expect(names(green("ls", "--unsandboxed", "--json"))).toEqual(["loose 1.0.228"]);
  expect(green("show", "loose").stdout).toMatch(/\n {2}sandbox +none\n/);
  const { stdout } = green("show", "online");
  expect(stdout).toMatch(/\n {2}sandbox +bwrap, with network, 2 variables hidden, saw FLAVOR\n/);
  expect(stdout).toMatch(/\n {2}hidden +AWS_KEY MY_VAR\n/);
  expect(stdout).toMatch(/\n {4}env FLAVOR +red\n/);
});

describe("rm", () => {
  test("names what selects nothing, with the nearest crate, and removes the rest", () => {
    expect(green("rm", "serd", "--yes")).toEqual({
      status: 0,
      stdout: "Nothing to remove\n",
      stderr: 'nothing in the cache matches "serd"; did you mean serde?\n',
    });
    const { stdout, stderr } = green("rm", "serde@9", "ripgrep", "--json", "--dry-run");
    expect(JSON.parse(stdout)).toMatchObject({ records: 1, unmatched: ["serde@9"] });
    expect(stderr).toContain('nothing in the cache matches "serde@9"');
    expect(green("pin", "nosuch")).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('nothing in the cache matches "nosuch"\n'),
    });
  });

  test("refuses without a terminal or --yes, and removes nothing", () => {
    const { status, stderr } = green("rm", "serde");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: There is no terminal to ask on\n {2}help: add --yes/);
    expect(names(green("ls", "--json"))).toHaveLength(3);
  });

  test("says with --dry-run what --yes then does", () => {
    expect(green("rm", "serde", "--dry-run").stdout).toMatch(
      /serde 1\.0\.100 \(lib\).*\n.*\nWould remove 2 units \(5 kB\)/,
    );
    expect(names(green("ls", "--json"))).toHaveLength(3);
    expect(green("rm", "serde", "--yes").stdout).toMatch(/^Removed 2 units \(5 kB\), 5 kB freed\n$/);
    expect(names(green("ls", "--json"))).toEqual(["ripgrep 15.1.0"]);
  });

  test("never takes everything by accident", () => {
    const { status, stderr } = green("rm", "--yes");
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^error: Nothing is named to remove/)]);
  });
});

test("prune keeps what is pinned, and what fits", () => {
  expect(green("pin", "ripgrep").stdout).toBe("Pinned 1 unit\n");
  expect(green("prune", "--keep-size", "4kB", "--yes").stdout).toMatch(/^Removed 2 units \(5 kB\)/);
  expect(names(green("ls", "--json", "--pinned"))).toEqual(["ripgrep 15.1.0"]);
  expect(green("unpin", "ripgrep").stdout).toBe("Unpinned 1 unit\n");
  expect(green("prune", "--keep-size", "0B", "--yes", "--json").stdout).toMatch(/"removed": true/);
  expect(names(green("ls", "--json"))).toEqual([]);
});

test("verify passes, and after a file was written through fails with 5 and drops the unit", () => {
  expect(green("verify")).toMatchObject({
    status: 0,
    stdout: "Checked 3 units and 3 files (9 kB): all sound\n",
  });
  const path = join(cache, "files", firstDigest.slice(0, 2), firstDigest.slice(2));
  chmodSync(path, 0o644);
  writeFileSync(path, Buffer.alloc(2000, "x"));
  const { status, stdout } = green("verify");
  expect(status).toBe(5);
  expect(stdout).toMatch(/^corrupt file [0-9a-f]{12} of serde 1\.0\.100 \(lib\), removed\n/);
  expect(names(green("ls", "--json"))).toEqual(["serde 1.0.228", "ripgrep 15.1.0"].sort());
  expect(green("verify").status).toBe(0);
});

test("stats add up", () => {
  const stats = JSON.parse(green("stats", "--json").stdout);
  expect(stats).toMatchObject({
    schema: 1,
    directory: cache,
    total: { records: 3, size: 9000, sizeOnDisk: 9000 },
  });
  expect(stats.kinds.map((kind: { records: number }) => kind.records)).toEqual([2, 1]);
  expect([stats.public.records, stats.private.records, stats.pinned.records]).toEqual([2, 1, 0]);
});

test("why finds the build of the workspace from a directory inside it, and says so if there is none", () => {
  expect(green("why")).toMatchObject({
    status: 4,
    stderr: expect.stringMatching(/^error: No build was seen in /),
  });
  const store = openStore(cache);
  const { identity } = sampleRecord({ identity: { version: "1.0.228" } });
  store.saveBuild({
    schema: 1,
    workspace: join(cache, ".."),
    started: Date.now() + 1000,
    finished: Date.now() + 2000,
    command: ["cargo", "build"],
    units: [{ identity, outcome: "built", inputs: { RUSTFLAGS: "-g" }, tookMs: 1 }],
  });
  store.close();
  expect(green("why", "serde").stdout).toMatch(/was built: an input changed\n {4}RUSTFLAGS +new → -g\n/);
  expect(green("why", "libc").status).toBe(4);
});

test.each([
  [["ls", "se rde"], /^error: "se rde" selects nothing\n {2}help: write serde/],
  [["ls", "--rustc", "new"], /^error: --rustc: "new" is not a version range\n/],
  [["ls", "--larger-than", "big"], /^error: --larger-than: "big" is not a size\n/],
  [["ls", "--foo"], /^error: Nonexistent flag: --foo\n {2}help: see `cargo green cache ls --help`/],
  [
    ["lss"],
    /^error: There is no command `cargo green cache lss`\n {2}help: did you mean `cargo green cache ls`\?\n/,
  ],
  [["list-them"], /help: `cargo green cache --help` lists the commands\n/],
  [["show"], /^error: Nothing is named to show\n/],
  [["prune"], /^error: There is no limit to prune to\n/],
])("%j is a usage error that says what to do", (args, message) => {
  const { status, stdout, stderr } = green(...args);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/\n {2}help: /);
});
