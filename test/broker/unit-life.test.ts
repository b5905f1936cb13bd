// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { Isolation } from "../../src/broker/isolation.ts";
import { type KnownUnit, KnownUnits } from "../../src/broker/known-units.ts";
import type { ChildExit, ChildResult, FinalAnswer } from "../../src/broker/protocol.ts";
import { REMAPPING } from "../../src/broker/remap.ts";
import { findRecord, liveUnit, type RecordChoice } from "../../src/broker/unit-life.ts";
import type { UnitPlan } from "../../src/broker/unit-plan.ts";
import type { AskingShim } from "../../src/broker/unit-runner.ts";
import type { UnitOutcome, UnitServices } from "../../src/broker/unit-services.ts";
import { makeRoots } from "../../src/cargo/roots.ts";
import { GreenError } from "../../src/error.ts";
import { storeLayout } from "../../src/store/layout.ts";
import { openUnitStore } from "../../src/store/open-unit-store.ts";
import type { UnitStore } from "../../src/store/store.ts";
import type { UnitKey } from "../../src/unit/digest.ts";
import type { Privacy } from "../../src/unit/record.ts";
import { sampleRecord } from "../store/fixtures/sample-record.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

/** Long enough for a file that was just written to count as older than a start; see CLOCK_MARGIN_MS. */
const SETTLE_MS = 30;
const EMPTY = Buffer.alloc(0);
const WARNING = '{"$message_type":"diagnostic","rendered":"warning"}\n';

/** A store in a directory of its own, and the services of one build after the other on it. */
function machine() {
  const directory = temporaryDirectory();
  const store = openUnitStore(directory);
  onTestFinished(() => store.close());
  return {
    store,
    layout: storeLayout(directory),
    /** One build: what it knows of units, and what became of them. */
    build(over: Partial<UnitStore> = {}) {
      const outcomes: UnitOutcome[] = [];
      const background: Promise<void>[] = [];
      const own: UnitStore = { ...store, ...over };
      const known = new KnownUnits(own);
      const services = {
        store: own,
        known,
        runner: new Isolation({
          config: { sandbox: "enforce", withNetwork: [], setEnvs: [] },
          backend: async () => ({ kind: "native", program: "/shim" }),
          ambient: undefined,
          notices: { say: () => {}, settle: () => {} },
        }),
        publicLists: { publicRegistries: [], publicGit: [], allowEnv: [] },
        version: "1",
        report: (outcome: UnitOutcome) => void outcomes.push(outcome),
        background: (work: Promise<void>) => void background.push(work),
      };
      return { services, known, outcomes, drain: () => Promise.all(background) };
    },
  };
}

type Build = ReturnType<ReturnType<typeof machine>["build"]>;

interface Unit {
  readonly name?: string;
  readonly dependencies?: readonly KnownUnit[];
  readonly plan?: Partial<UnitPlan>;
}

/** A library of one source file in a workspace; its "compiler" copies the source into the output. */
function workspace(content = "source") {
  const root = temporaryDirectory();
  mkdirSync(join(root, "target/debug/deps"), { recursive: true });
  const place = join(root, "target/debug/deps");
  const source = join(root, "lib.rs");
  writeFileSync(source, content);
  const roots = makeRoots({ WORKSPACE: root, TARGET: join(root, "target") });
  const output = (name: string) => readFileSync(join(place, name), "utf8");
  return {
    place,
    source,
    output,
    /** Writes the outputs, and their paths into the dep-info and the streams. */
    compile(name = "a"): ChildResult {
      writeFileSync(join(place, `lib${name}.rmeta`), `metadata of ${readFileSync(source, "utf8")}`);
      writeFileSync(join(place, `${name}.d`), `${place}/lib${name}.rmeta: ${source}\n`);
      const stderr = Buffer.from(`${WARNING}in ${source} \xff`, "latin1");
      return { exit: { how: "exited", code: 0 }, complete: true, stdout: Buffer.from("out"), stderr };
    },
    plan(store: UnitStore, { name = "a", dependencies = [], plan = {} }: Unit = {}): UnitPlan {
      const rmeta = `lib${name}.rmeta`;
      return {
        identity: { ...sampleRecord().identity, package: name },
        inherits: [],
        replacesLinked: false,
        package: {
          source: "crates-io",
          name,
          version: "1.0.0",
          root,
          identity: "",
          immutable: true,
          lockedSource: undefined,
        },
        roots,
        env: new Map(),
        fixed: { "crate name": name },
        dependencies,
        presentation: "--color=never",
        place,
        run: {
          compiler: "rustc 1.95.0",
          command: { argv: ["rustc"] },
          argv: ["rustc"],
          cwd: root,
          programs: 1,
          confinement: { readOnly: [], readWrite: [] },
          elsewhere: [],
          around: undefined,
          hidesVariables: false,
        },
        beforeRerun: async () => {},
        invocation: { program: "rustc", argv: [], env: {}, cwd: "" },
        announces: [join(place, rmeta)],
        foreignEnv: [],
        particular: async () => undefined,
        relocatable: () => true,
        discover: async () => ({ files: ["@@green:WORKSPACE@@/lib.rs"], env: [] }),
        objection: async () => undefined,
        bindings: async () => [],
        outputs: async () => [],
        capture: async () => [
          { path: rmeta, role: "plain", staged: await store.stage(join(place, rmeta)) },
          { path: `${name}.d`, role: "dep-info", staged: await store.stage(join(place, `${name}.d`)) },
        ],
        clear: async () => {},
        afterRestore: async () => {},
        isPrimary: (path) => path.endsWith(".rmeta"),
        closure: () => ({ procMacros: [], systemLibraries: false }),
        ...plan,
      };
    },
  };
}

/** Of a package that cannot change nothing outside of it is read. */
const nothingRead = async () => ({ files: [], env: [] });

/** The life of a unit whose shim runs its commands like that. */
function live(plan: UnitPlan, services: UnitServices, run: AskingShim["run"]) {
  return liveUnit(plan, services, { run, signal: new AbortController().signal });
}

const never = () => Promise.reject(new Error("nothing may run here"));

/** Compiles a unit in a build of its own, to its end. */
async function make(at: ReturnType<typeof machine>, project: ReturnType<typeof workspace>, unit: Unit = {}) {
  await sleep(SETTLE_MS);
  const build = at.build();
  const answer = await live(project.plan(at.store, unit), build.services, async () =>
    project.compile(unit.name),
  );
  await build.drain();
  return { answer, ...build };
}

function streams(answer: FinalAnswer): readonly string[] {
  if (answer.kind !== "finish") throw new Error(answer.kind);
  return [answer.stdout, answer.stderr].map((bytes) => Buffer.from(bytes).toString("latin1"));
}

const reasons = (build: Build) => build.outcomes.map(({ outcome, reason }) => `${outcome}: ${reason}`);
const staged = (at: ReturnType<typeof machine>) => readdirSync(join(at.layout.directory, "tmp"));

test("a unit that was compiled once is restored in another checkout, with its streams and paths of that checkout", async () => {
  const at = machine();
  const first = workspace();
  const made = await make(at, first);
  expect(made.outcomes).toMatchObject([{ outcome: "built", inputs: { "crate name": "a" } }]);
  // The shim passed the streams on while the compiler ran.
  expect(streams(made.answer)).toEqual(["", ""]);

  const other = workspace();
  const build = at.build();
  const answer = await live(other.plan(at.store), build.services, never);
  expect(build.outcomes).toMatchObject([{ outcome: "restored", key: made.outcomes[0]?.key }]);
  expect(streams(answer)).toEqual(["out", `${WARNING}in ${other.source} \xff`]);
  expect(other.output("liba.rmeta")).toBe("metadata of source");
  expect(other.output("a.d")).toBe(`${other.place}/liba.rmeta: ${other.source}\n`);
  expect((await build.known.at(join(other.place, "liba.rmeta"), []))?.key).toBe(made.outcomes[0]?.key);
  expect(staged(at)).toEqual([]);
});

test("a changed source, variable or fixed input is a miss, and going back is a hit", async () => {
  const at = machine();
  const project = workspace("one");
  const env = (value: string): Partial<UnitPlan> => ({
    env: new Map([["FOO", value]]),
    discover: async () => ({ files: ["@@green:WORKSPACE@@/lib.rs"], env: ["FOO"] }),
  });
  const outcome = async (unit: Unit) => (await make(at, project, unit)).outcomes.map((each) => each.outcome);
  expect(await outcome({ plan: env("1") })).toEqual(["built"]);
  expect(await outcome({ plan: env("2") })).toEqual(["built"]);
  expect(await outcome({ plan: { ...env("1"), fixed: { "crate name": "a", RUSTFLAGS: "x" } } })).toEqual([
    "built",
  ]);
  writeFileSync(project.source, "two");
  expect(await outcome({ plan: env("1") })).toEqual(["built"]);
  expect(await outcome({ plan: env("1") })).toEqual(["restored"]);
  writeFileSync(project.source, "one");
  expect(await outcome({ plan: env("2") })).toEqual(["restored"]);
  expect(project.output("liba.rmeta")).toBe("metadata of one");
});

test("of what was compiled here and what was adopted the one that is wished for is taken, else the other", async () => {
  const at = machine();
  const project = workspace();
  const remapped: Unit = { plan: { fixed: { "crate name": "a", [REMAPPING]: "1" } } };
  const found = async (choice?: RecordChoice) => {
    const record = await findRecord(project.plan(at.store, remapped), at.build().services, choice);
    return record?.provenance.runner;
  };
  await make(at, project, remapped);
  expect(await found("adopted")).toBe("host");
  const plain = await make(at, project);
  const record = at.store.byInstance(plain.outcomes[0]?.instance ?? sampleRecord().instance);
  if (record === undefined) throw new Error("it was not recorded");
  expect(await found("adopted")).toBe("host"); // what was compiled without remapping is no substitute
  at.store.put({ ...record, provenance: { ...record.provenance, runner: "adopted" } });
  expect([await found("adopted"), await found("compiled"), await found()]).toEqual([
    "adopted",
    "host",
    "host",
  ]);
});

test("an adopted result answers where there is no other", async () => {
  const at = machine();
  const project = workspace();
  const plain = await make(at, project);
  const record = at.store.byInstance(plain.outcomes[0]?.instance ?? sampleRecord().instance);
  if (record === undefined) throw new Error("it was not recorded");
  at.store.put({ ...record, provenance: { ...record.provenance, runner: "adopted" } });
  const remapped: Unit = { plan: { fixed: { "crate name": "a", [REMAPPING]: "1" } } };
  const { outcomes } = await make(at, project, remapped);
  expect(outcomes).toMatchObject([{ outcome: "restored", key: record.key }]);
});

test("diagnostics are replayed only as they were asked for", async () => {
  const at = machine();
  const project = workspace();
  await make(at, project);
  expect((await make(at, project, { plan: { presentation: "--color=always" } })).outcomes).toMatchObject([
    { outcome: "built" },
  ]);
});

test.each<readonly [string, ChildExit, boolean, string]>([
  ["failed", { how: "exited", code: 1 }, true, "it failed"],
  ["was killed", { how: "signalled", signal: 9 }, true, "it failed"],
  ["printed without end", { how: "exited", code: 0 }, false, "it printed more than is kept"],
])("a unit that %s is not recorded, and ends as it did", async (_, exit, complete, reason) => {
  const at = machine();
  const project = workspace();
  const build = at.build();
  const result: ChildResult = { exit, complete, stdout: EMPTY, stderr: EMPTY };
  const answer = await live(project.plan(at.store), build.services, async () => result);
  expect(answer).toMatchObject({
    kind: "finish",
    code: exit.how === "exited" ? exit.code : 128 + exit.signal,
  });
  await build.drain();
  expect(reasons(build)).toEqual([`uncached: ${reason}`]);
});

test.each<readonly [string, (source: string) => void]>([
  ["written", (source) => writeFileSync(source, "edited")],
  ["touched, with its old time", (source) => utimesSync(source, 1, 1)],
  ["removed", (source) => rmSync(source)],
])("no record is made if a source was %s after the start", async (_, change) => {
  const at = machine();
  const project = workspace();
  await sleep(SETTLE_MS);
  const build = at.build();
  const answer = await live(project.plan(at.store), build.services, async () => {
    const result = project.compile();
    change(project.source);
    return result;
  });
  expect(answer).toMatchObject({ kind: "finish", code: 0 });
  await build.drain();
  expect(reasons(build)).toEqual(['uncached: "@@green:WORKSPACE@@/lib.rs" changed while it was read']);
  expect(staged(at)).toEqual([]);
});

test("no record is made if the plan objects, and what was staged goes", async () => {
  const at = machine();
  const { outcomes } = await make(at, workspace(), { plan: { objection: async () => "it rolls dice" } });
  expect(outcomes).toMatchObject([{ outcome: "uncached", reason: "it rolls dice" }]);
  expect(staged(at)).toEqual([]);
});

test("no record is made on top of a dependency without one", async () => {
  const at = machine();
  const { key, instance, identity, closure } = sampleRecord();
  const below: KnownUnit = { key, instance, identity, closure, recorded: Promise.resolve(undefined) };
  const { outcomes } = await make(at, workspace(), { dependencies: [below] });
  expect(outcomes).toMatchObject([{ outcome: "uncached", reason: "a dependency was not recorded" }]);
  expect(staged(at)).toEqual([]);
});

test("a record fits only what was compiled against the same results", async () => {
  const at = machine();
  const project = workspace();
  const below = (name: string): KnownUnit => {
    const { key, instance, identity, closure, privacy } = sampleRecord({ name });
    return { key, instance, identity, closure, recorded: Promise.resolve(privacy) };
  };
  const outcome = async (...names: readonly string[]) =>
    (await make(at, project, { dependencies: names.map(below) })).outcomes[0]?.outcome;
  expect(await outcome("x", "y")).toBe("built");
  expect(await outcome("y", "x")).toBe("restored");
  expect(await outcome("x", "z")).toBe("built");
  expect(await outcome("x")).toBe("built");
});

test("outputs that cannot be kept leave the build as it is", async () => {
  const at = machine();
  const project = workspace();
  const build = at.build();
  const plan = project.plan(at.store, {
    plan: { capture: () => Promise.reject(new GreenError("environment", "No space left")) },
  });
  const answer = await live(plan, build.services, async () => project.compile());
  expect(answer).toMatchObject({ kind: "finish", code: 0 });
  expect(reasons(build)).toEqual(["uncached: its outputs could not be kept: No space left"]);
  expect(project.output("liba.rmeta")).toBe("metadata of source");
});

test("a record that cannot be stored is reported, and nothing is made on top of it", async () => {
  const at = machine();
  const project = workspace();
  await sleep(SETTLE_MS);
  const full = () => {
    throw new GreenError("environment", "No space left");
  };
  const build = at.build({ put: full });
  const plan = project.plan(at.store);
  await live(plan, build.services, async () => project.compile());
  const unit = await build.known.at(join(project.place, "liba.rmeta"), []);
  await build.drain();
  expect(reasons(build)).toEqual(["uncached: it could not be recorded: No space left"]);
  expect(await unit?.recorded).toBeUndefined();
});

test("a restore that fails half-way falls back to the compiler, when none of its files is on the way any more", async () => {
  const at = machine();
  const project = workspace();
  const made = await make(at, project);
  const [output] = at.store.find(made.outcomes[0]?.key as never)[0]?.outputs.slice(-1) ?? [];
  const other = workspace();
  const build = at.build({
    // The dep-info is read from a damaged store at once, while the metadata takes its time.
    read: () => Promise.reject(new GreenError("corrupt", "Wrong bytes")),
    async materialize(...parameters) {
      await sleep(60);
      await at.store.materialize(...parameters);
    },
  });
  const answer = await live(other.plan(at.store), build.services, async () => {
    const result = other.compile();
    writeFileSync(join(other.place, "liba.rmeta"), "compiled again");
    return result;
  });
  await sleep(80);
  expect(output).toBeDefined();
  expect(streams(answer)).toEqual(["", ""]);
  expect(other.output("liba.rmeta")).toBe("compiled again");
  await build.drain();
  expect(build.outcomes.map(({ outcome }) => outcome)).toEqual(["built"]);
});

test("a stored file that is gone or was written to is compiled again, and restored after that", async () => {
  const at = machine();
  const project = workspace();
  const key = (await make(at, project)).outcomes[0]?.key;
  for (const damage of [(path: string) => rmSync(path), (path: string) => writeFileSync(path, "rubbish")]) {
    const [record] = at.store.find(key as never);
    const metadata = record?.outputs.find(({ path }) => path === "liba.rmeta");
    damage(at.layout.filePath(metadata?.digest as never));
    expect((await make(at, project)).outcomes).toMatchObject([{ outcome: "built" }]);
    expect(project.output("liba.rmeta")).toBe("metadata of source");
    expect((await make(at, project)).outcomes).toMatchObject([{ outcome: "restored" }]);
  }
});

test("diagnostics about a place that this request does not have are made anew", async () => {
  const at = machine();
  const [first, other] = [workspace(), workspace()];
  const home = temporaryDirectory();
  const withHome = makeRoots({ WORKSPACE: join(first.source, ".."), HOME: home });
  await sleep(SETTLE_MS);
  const build = at.build();
  await live(first.plan(at.store, { plan: { roots: withHome } }), build.services, async () => ({
    ...first.compile(),
    stderr: Buffer.from(`${WARNING}in ${home}/x`),
  }));
  await build.drain();
  expect(build.outcomes).toMatchObject([{ outcome: "built" }]);
  expect((await make(at, other)).outcomes).toMatchObject([{ outcome: "built" }]);
});

test("outputs with a path of the machine in them are restored only where that is the same", async () => {
  const at = machine();
  const first = workspace();
  const bound = (project: ReturnType<typeof workspace>) => async () => {
    const result = project.compile();
    writeFileSync(join(project.place, "liba.rmeta"), `made in ${join(project.source, "..")}\0`);
    return result;
  };
  const outcome = async (project: ReturnType<typeof workspace>) => {
    await sleep(SETTLE_MS);
    const build = at.build();
    await live(project.plan(at.store), build.services, bound(project));
    await build.drain();
    return build.outcomes[0]?.outcome;
  };
  expect(await outcome(first)).toBe("built");
  expect(await outcome(first)).toBe("restored");
  expect(await outcome(workspace())).toBe("built");
});

test("a dependent that comes before the record is made is keyed as one that comes after", async () => {
  const at = machine();
  const project = workspace();
  await sleep(SETTLE_MS);
  const build = at.build();
  const rmeta = join(project.place, "liba.rmeta");
  let early: KnownUnit | undefined;
  await live(project.plan(at.store), build.services, async () => {
    const result = project.compile();
    early = await build.known.at(rmeta, []);
    return result;
  });
  await build.drain();
  const late = await at.build().known.at(rmeta, []);
  expect(late).toMatchObject({ key: build.outcomes[0]?.key });
  expect({ key: early?.key, instance: early?.instance }).toEqual({
    key: late?.key,
    instance: late?.instance,
  });
  expect(await early?.recorded).toEqual(await late?.recorded);
});

test("what stands on a unit is private if that turned out to be when its outputs were searched", async () => {
  const at = machine();
  const project = workspace();
  await sleep(SETTLE_MS);
  const build = at.build();
  let below: KnownUnit | undefined;
  await live(project.plan(at.store), build.services, async () => {
    const result = project.compile();
    writeFileSync(join(project.place, "liba.rmeta"), `made in ${join(project.source, "..")}\0`);
    below = await build.known.at(join(project.place, "liba.rmeta"), []);
    return result;
  });
  const dependencies = below === undefined ? [] : [below];
  const plan = project.plan(at.store, { name: "b", dependencies, plan: { discover: nothingRead } });
  await live(plan, build.services, async () => project.compile("b"));
  await build.drain();
  const records = build.outcomes.flatMap(({ key }) => at.store.find(key as never));
  expect(records.map(({ privacy }) => privacy)).toEqual([
    { class: "private", reason: expect.stringMatching(/^its output contains the path of/) },
    {
      class: "private",
      reason: expect.stringMatching(/^depends on a \(its output contains the path of/),
      through: [{ package: "a", kind: "lib" }],
      cause: expect.stringMatching(/^its output contains/),
    },
  ]);
});

test("what was made with a build script is no more public than that is known to be", async () => {
  const at = machine();
  const reasonOf = async (name: string, recorded: Promise<Privacy | undefined> | undefined) => {
    const script = sampleRecord().identity;
    const inherits = [recorded && { identity: script, recorded }];
    const plan = { inherits, discover: nothingRead };
    const { outcomes } = await make(at, workspace(name), { name, plan });
    return at.store.find(outcomes[0]?.key as UnitKey)[0]?.privacy.reason;
  };
  const secret: Privacy = { class: "private", reason: "path package" };
  expect(await reasonOf("a", Promise.resolve(secret))).toBe(
    `depends on ${sampleRecord().identity.package} (path package)`,
  );
  expect(await reasonOf("b", Promise.resolve(undefined))).toContain("not recorded");
  expect(await reasonOf("c", undefined)).toContain("not recorded");
});

test("a shim that dies lets go of those who wait for its unit's record", async () => {
  const at = machine();
  const project = workspace();
  await sleep(SETTLE_MS);
  const build = at.build();
  let below: KnownUnit | undefined;
  const dying = live(project.plan(at.store), build.services, async () => {
    project.compile();
    below = await build.known.at(join(project.place, "liba.rmeta"), []);
    throw new GreenError("protocol", "The shim went away");
  });
  await expect(dying).rejects.toMatchObject({ code: "protocol" });
  const dependencies = below === undefined ? [] : [below];
  expect(dependencies).toHaveLength(1);
  const plan = project.plan(at.store, { name: "b", dependencies });
  await live(plan, build.services, async () => project.compile("b"));
  await build.drain();
  expect(reasons(build)).toEqual(["uncached: a dependency was not recorded"]);
});

test("an executable output comes back executable, beside what else must be in place", async () => {
  const at = machine();
  const project = workspace();
  const capture = async () => {
    const path = join(project.place, "liba.rmeta");
    return [
      {
        path: "sub/tool",
        role: "plain" as const,
        staged: await at.store.stageBytes(readFileSync(path), true),
      },
    ];
  };
  const order: string[] = [];
  const plan: Partial<UnitPlan> = {
    capture,
    isPrimary: () => true,
    clear: async () => void order.push("clear"),
    afterRestore: async () => void order.push(project.output("sub/tool")),
  };
  await make(at, project, { plan });
  expect(order).toEqual([]);
  expect((await make(at, project, { plan })).outcomes).toMatchObject([{ outcome: "restored" }]);
  expect(order).toEqual(["clear", "metadata of source"]);
  expect(statSync(join(project.place, "sub/tool")).mode & 0o100).toBe(0o100);
});
