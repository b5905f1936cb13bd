// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { type ConfinedUnit, Isolation, type IsolationOptions } from "../../src/broker/isolation.ts";
import { Notices } from "../../src/broker/notices.ts";
import type { ChildCommand, ChildResult } from "../../src/broker/protocol.ts";
import type { SandboxBackend } from "../../src/runner/host/spec.ts";
import { sampleRecord } from "../store/fixtures/sample-record.ts";

const NATIVE: SandboxBackend = { kind: "native", program: "/shim" };

interface Setting {
  readonly mode?: "prefer" | "enforce" | "off";
  readonly unit?: Partial<ConfinedUnit>;
  readonly options?: Partial<IsolationOptions>;
  /** What each run comes to, one after the other: stderr of a failure, or undefined for success. */
  readonly runs?: readonly (string | undefined)[];
}

async function isolated({ mode = "prefer", unit = {}, options = {}, runs = [] }: Setting) {
  const commands: ChildCommand[] = [];
  const said: string[] = [];
  const memo = new Map<string, string>();
  const isolation = new Isolation({
    config: { sandbox: mode, withNetwork: [], setEnvs: ["WANTED"] },
    backend: async () => NATIVE,
    ambient: new Map([
      ["SECRET", "1"],
      ["WANTED", "1"],
      ["HOME", "/home/ann"],
      ["CC", "cc"],
    ]),
    notices: new Notices({
      store: { memo: (_, key) => memo.get(key), remember: (_, key, value) => void memo.set(key, value) },
      show: (line) => void said.push(line),
      verbose: false,
      machine: "here",
    }),
    ...options,
  });
  const env = new Map([
    ["SECRET", "1"],
    ["WANTED", "1"],
    ["HOME", "/home/ann"],
    ["CC", "cc"],
    ["FROM_SCRIPT", "1"],
  ]);
  const confined: ConfinedUnit = {
    package: { name: "sys" },
    name: "sys 1.0.0 (build script run)",
    isRustc: false,
    cwd: "/",
    env,
    argv: ["/script"],
    command: {},
    confinement: { readOnly: [], readWrite: [] },
    reads: new Set(["HOME"]),
    hides: true,
    declared: async () => [],
    declaresElsewhere: async () => false,
    beforeRerun: async () => {},
    ...unit,
  };
  const run = async (command: ChildCommand): Promise<ChildResult> => {
    const stderr = runs[commands.push(command) - 1];
    const code = stderr === undefined ? 0 : 101;
    return {
      exit: { how: "exited", code },
      complete: true,
      stdout: Buffer.alloc(0),
      stderr: Buffer.from(stderr ?? ""),
    };
  };
  return {
    ended: await isolation.run(confined, { run }),
    again: () => isolation.run(confined, { run }),
    commands,
    said,
  };
}

test("a unit sees what is Cargo's, allowed, wanted or known to be read, and its record says so", async () => {
  const { ended, commands, said } = await isolated({});
  expect(commands).toHaveLength(1);
  expect(commands[0]).toMatchObject({ hold: true, unsetEnv: ["SECRET"] });
  expect(commands[0]?.argv?.slice(-2)).toEqual(["--", "/script"]);
  expect(ended.note).toEqual({
    mode: "native",
    network: false,
    hidden: ["SECRET"],
    seen: ["HOME", "WANTED"],
  });
  expect(said).toEqual([]);
});

test("what turns out to be declared is shown in another run", async () => {
  let cleared = 0;
  const unit = { declared: async () => ["SECRET", "UNSET"], beforeRerun: async () => void cleared++ };
  const { ended, commands } = await isolated({ unit });
  expect(commands.map(({ unsetEnv }) => unsetEnv)).toEqual([["SECRET"], []]);
  expect(ended.note).toMatchObject({ hidden: [], seen: ["HOME", "SECRET", "WANTED"] });
  expect(cleared).toBe(1);
});

test.each([
  ["Connection refused", undefined],
  ["called cargo: As a reminder, you're using offline mode", undefined],
  ["Read-only file system", "it writes outside of its output directory"],
  ["FOO: NotPresent", "it needs variables that it does not declare"],
  ["assertion failed", "it needs something that it does not declare"],
  ["No such file or directory", "it needs files that it does not declare"],
  ["SECRET: parameter not set", "it needs variables that it does not declare"],
  ["no", "it needs something that it does not declare"],
])(
  "under prefer, after %s it runs plainly, and is recorded only if that is sound",
  async (stderr, objection) => {
    const { ended, commands, said } = await isolated({ runs: [stderr, undefined] });
    expect(commands[1]).toEqual({});
    expect(ended).toMatchObject({ note: { mode: "none", network: true }, objection, answer: { code: 0 } });
    expect(said).toHaveLength(1);
    expect(said[0]).toContain("CARGOGREEN_SANDBOX=prefer");
  },
);

test("what a script declared before it failed is shown to it before anything else is tried", async () => {
  const unit = { declared: async () => ["SECRET"] };
  const { ended, commands, said } = await isolated({
    mode: "enforce",
    unit,
    runs: ["NotPresent", undefined],
  });
  expect(commands.map(({ unsetEnv }) => unsetEnv)).toEqual([["SECRET"], []]);
  expect(ended).toMatchObject({ note: { mode: "native" }, answer: { code: 0 }, objection: undefined });
  expect(said).toEqual([]);
});

test("after it ran plainly, variables that it declares explain why it had to", async () => {
  let runs = 0;
  const unit = { declared: async () => (++runs > 1 ? ["SECRET"] : []) };
  const { ended } = await isolated({ unit, runs: ["FOO: NotPresent", undefined] });
  expect(ended).toMatchObject({ note: { mode: "none" }, objection: undefined });
});

test("a unit that fails anyway is not blamed on the sandbox", async () => {
  const { ended, said } = await isolated({ runs: ["No such file", "No such file"] });
  expect(ended.answer).toMatchObject({ code: 101 });
  expect(said).toEqual([]);
});

test("a type error is not tried twice", async () => {
  const error =
    '{"$message_type":"diagnostic","message":"mismatched","code":{"code":"E0308"},"level":"error"}';
  const { commands } = await isolated({ unit: { isRustc: true }, runs: [error] });
  expect(commands).toHaveLength(1);
});

test("a sandbox that breaks is given up for the rest of the build, and that is said once", async () => {
  const broken = "cargo-green: the sandbox cannot be set up: mount: Operation not permitted";
  const { ended, again, commands, said } = await isolated({ runs: [broken, undefined, undefined] });
  expect(ended.note.mode).toBe("none");
  await again();
  expect(commands.map(({ argv }) => argv === undefined)).toEqual([false, true, true]);
  expect(said).toHaveLength(1);
});

test("under enforce it fails with a line that names the setting, and without a backend it does not run", async () => {
  const { ended } = await isolated({ mode: "enforce", runs: ["Connection refused"] });
  expect(ended.answer).toMatchObject({ code: 101 });
  expect(String(ended.answer.kind === "finish" && Buffer.from(ended.answer.stderr))).toContain(
    "CARGOGREEN_WITH_NETWORK=sys",
  );
  const lacking = await isolated({ mode: "enforce", runs: ["build.sh: SECRET: parameter not set"] });
  const { answer } = lacking.ended;
  expect(String(answer.kind === "finish" && Buffer.from(answer.stderr))).toContain(
    "CARGOGREEN_SET_ENVS=SECRET)",
  );
  const none = { backend: async () => ({ kind: "none", reason: "it is forbidden" }) as const };
  const refused = await isolated({ mode: "enforce", options: none });
  expect(refused.commands).toEqual([]);
  expect(refused.ended.answer).toMatchObject({ code: 1 });
});

test.each([
  ["enforce", "none", true, false],
  ["enforce", "none", false, false],
  ["enforce", "native", true, false],
  ["enforce", "native", false, true],
  ["prefer", "none", true, true],
  ["off", "none", true, true],
] as const)(
  "under %s a result of the sandbox %s, with network: %s, is used: %s",
  (mode, made, network, used) => {
    const sandbox = { mode: made, network, hidden: [], seen: [] };
    const record = { provenance: { ...sampleRecord().provenance, sandbox } };
    const accepts = (withNetwork: readonly string[]) =>
      new Isolation({
        config: { sandbox: mode, withNetwork, setEnvs: [] },
        backend: async () => NATIVE,
        ambient: undefined,
        notices: { say() {}, settle() {} },
      }).accepts(record, "sys");
    expect(accepts(["other"])).toBe(used);
    // Who may use the network himself may have what others made with it.
    const allowed = used || (made !== "none" && network);
    expect([accepts(["sys"]), accepts(["*"])]).toEqual([allowed, allowed]);
  },
);
