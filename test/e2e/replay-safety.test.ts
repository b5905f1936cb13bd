// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { edit } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { sleep, until } from "../support/process.ts";
import { processesOf } from "../support/processes.ts";
import { manifest } from "../support/projects.ts";
import {
  expectReplayed,
  REPLAY_CRATES,
  REPLAY_LINE,
  REPLAY_UNITS,
  replayProject,
} from "../support/replay-project.ts";
import { PLAIN, Sandbox } from "../support/sandbox.ts";
import { withoutGreen } from "../support/summary.ts";

describe.skipIf(PLAIN)("replay is safe", () => {
  let sandbox: Sandbox;
  let one: string;
  beforeEach(async () => {
    sandbox = new Sandbox();
    one = replayProject(sandbox, "one");
    await sandbox.cargo(["generate-lockfile"], { in: one });
    await edit(one, {});
    await sandbox.green(["build"], { in: one });
  });
  afterEach(() => {
    for (const { pid } of processesOf(sandbox.root)) process.kill(pid, "SIGKILL");
    sandbox.dispose();
  });

  const build = (directory: string, ...args: string[]) =>
    sandbox.green(["build", ...args], { in: directory });
  const runApp = (directory: string) => sandbox.run(["target/debug/app"], { in: directory });
  async function expectRight(directory: string, what: string): Promise<void> {
    expect(await runApp(directory), what).toBe(`${REPLAY_LINE}\n`);
    await expectPlainFresh(sandbox, ["build"], { in: directory });
  }

  it("when it is killed while it lays down: the next build, plain or not, is right", async () => {
    for (let round = 0; round < 10; round++) {
      const directory = sandbox.checkout(one, `round-${round}`);
      const started = sandbox.startGreen(["build"], { in: directory });
      await until("it takes the lock", () => existsSync(join(directory, "target/debug/.cargo-lock")));
      const delay = Math.floor(Math.random() * 60);
      await sleep(delay);
      try {
        process.kill(-started.pid, "SIGKILL");
      } catch {
        // It was done already.
      }
      await started.ended;
      await until("everything ended", () => processesOf(sandbox.root).length === 0, 10_000);
      if (round % 2 === 0) await sandbox.cargo(["build"], { in: directory });
      else await build(directory);
      await expectRight(directory, `killed after ${delay} ms`);
    }
    await sandbox.cache(["verify"]);
  });

  it("beside an editor that checks all the time in the same target, and beside another build", async () => {
    for (const name of ["two", "three", "four"]) {
      const directory = sandbox.checkout(one, name);
      let building = true;
      const check = async () => {
        while (building) {
          const checked = await sandbox.run(["cargo", "check", "--message-format=json"], { in: directory });
          expect(checked).toContain(`"success":true`);
        }
      };
      const builds = [1, 2].map(() => sandbox.run(["cargo", "green", "build"], { in: directory }));
      const done = Promise.all(builds).finally(() => {
        building = false;
      });
      await Promise.all([check(), done]);
      await expectRight(directory, name);
      await expectPlainFresh(sandbox, ["check"], { in: directory });
    }
  });

  it.each([
    { cargo: "stable", options: [], env: {} },
    // From two target directories into one build directory, where a nightly has another lock.
    {
      cargo: "nightly",
      options: ["--config", 'build.build-dir="shared"'],
      env: { CARGO_TARGET_DIR: "other" },
    },
  ])(
    "when a $cargo Cargo holds the lock: it says so, in Cargo's words and once, and waits",
    async (variant) => {
      const { options, env } = variant;
      const toolchain = `+${variant.cargo}`;
      const directory = sandbox.checkout(one, "two");
      if (variant.cargo !== "stable") {
        await sandbox.green(["build"], { in: sandbox.checkout(one, "three"), toolchain });
      }
      const [reached, go] = [sandbox.path("reached"), sandbox.path("go")];
      sandbox.hook("leaf", "before", `touch ${reached}; while [ ! -e ${go} ]; do sleep 0.05; done`);
      const plain = sandbox.run(["cargo", toolchain, "build", ...options], { in: directory, env });
      await until("plain cargo holds the lock", () => existsSync(reached));
      const green = sandbox.startGreen(["build", ...options], { in: directory, toolchain });
      let said = "";
      green.child.stderr?.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
      await until("it says that it waits", () => said.includes("Blocking"));
      expect(said).toBe("    Blocking waiting for file lock on build directory\n");
      writeFileSync(go, "");
      await plain;
      expect((await green.ended).status).toBe(0);
      expect(said.match(/Blocking/g)).toHaveLength(1);
      expect(await runApp(directory)).toBe(`${REPLAY_LINE}\n`);
      await expectPlainFresh(sandbox, ["build", ...options], { in: directory, toolchain });
    },
  );

  it("when something writes to a stored file through another name of it", async () => {
    const linked = (directory: string) =>
      readdirSync(join(directory, "target/debug/deps"))
        .map((name) => join(directory, "target/debug/deps", name))
        .filter((file) => statSync(file).nlink > 1 && /libleaf.*\.r/.test(file));
    for (const restoresMtime of [true, false]) {
      const two = sandbox.checkout(one, `two-${restoresMtime}`);
      expectReplayed(await build(two), REPLAY_UNITS);
      for (const file of linked(two)) {
        const { atime, mtime } = statSync(file);
        appendFileSync(file, "written through");
        if (restoresMtime) utimesSync(file, atime, mtime);
      }
      const three = sandbox.checkout(one, `three-${restoresMtime}`);
      const warm = await build(three);
      expect(warm.compiled.filter((name) => name !== "leaf" && name !== "app")).toEqual([]);
      await expectRight(three, "elsewhere");
      await sandbox.cargo(["clean"], { in: two });
      await build(two);
      await expectRight(two, "in place");
    }
    await sandbox.cache(["verify"]);
  });

  it("where rustc or plain cargo must write over what was laid down", async () => {
    const two = sandbox.checkout(one, "two");
    await build(two);
    for (const place of [".fingerprint", "build"]) {
      rmSync(join(two, "target/debug", place), { recursive: true });
    }
    expect((await sandbox.cargo(["build"], { in: two })).compiled).toEqual(REPLAY_CRATES);
    await expectRight(two, "over it");
    expectReplayed(await build(sandbox.checkout(one, "three")), REPLAY_UNITS);
  });

  it("switched off, by an option or a variable", async () => {
    const counts = { units: REPLAY_UNITS, replayed: 0, restored: REPLAY_UNITS };
    const [two, three] = [sandbox.checkout(one, "two"), sandbox.checkout(one, "three")];
    expect((await build(two, "--no-replay")).summary).toMatchObject(counts);
    const env = { CARGOGREEN_REPLAY: "false" };
    expect((await sandbox.green(["build"], { in: three, env })).summary).toMatchObject(counts);
  });

  it("over a store on another file system: what cannot be linked is copied", async ({ skip }) => {
    if (!existsSync("/dev/shm") || statSync("/dev/shm").dev === statSync(sandbox.root).dev) skip();
    const store = mkdtempSync("/dev/shm/green-");
    try {
      const env = { CARGOGREEN_CACHE_DIR: store };
      await sandbox.run(["cp", "-r", join(sandbox.store, "shim"), store], { in: sandbox.root });
      await sandbox.green(["build"], { in: sandbox.checkout(one, "two"), env });
      const three = sandbox.checkout(one, "three");
      expectReplayed(await sandbox.green(["build"], { in: three, env }), REPLAY_UNITS);
      await expectRight(three, "copied");
    } finally {
      rmSync(store, { recursive: true });
    }
  });

  it("with a store that cannot be written to: the build goes on without it", async ({ skip }) => {
    const two = sandbox.checkout(one, "two");
    // Permissions stop no superuser, a read-only mount does.
    const argv = ["unshare", "--map-root-user", "--mount", "sh", "-c"];
    const mount = `mount --bind ${sandbox.store} ${sandbox.store} && mount -o remount,ro,bind ${sandbox.store}`;
    const works = await sandbox
      .run([...argv, `${mount} && echo works`], { in: two, expect: "any" })
      .catch(() => "");
    if (works !== "works\n") skip();
    await sandbox.run([...argv, `${mount} && cargo green build`], { in: two });
    await expectRight(two, "read-only");
    expectReplayed(await build(sandbox.checkout(one, "three")), REPLAY_UNITS);
  });
});

describe.skipIf(PLAIN)("where Cargo does not tell what it will do", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox.dispose());

  it.each<{ what: string; files: Record<string, string>; args?: readonly string[]; fails: boolean }>([
    {
      what: "unstable settings that a stable Cargo ignores",
      files: { ".cargo/config.toml": "[unstable]\nbinary-dep-depinfo = true\n" },
      fails: false,
    },
    { what: "a broken manifest", files: { "Cargo.toml": "[package]\nname = \n" }, fails: true },
    {
      what: "a dependency that is nowhere",
      files: { "Cargo.toml": manifest("app", `[dependencies]\nnowhere = "1"\n`) },
      fails: true,
    },
    { what: "a lockfile that may not change", files: { "Cargo.lock": "" }, args: ["--locked"], fails: true },
    { what: "an option that Cargo does not know", files: {}, args: ["--fast"], fails: true },
    { what: "a configuration that is broken", files: { ".cargo/config.toml": "[build\n" }, fails: true },
    { what: "an unknown feature", files: {}, args: ["--features", "nope"], fails: true },
  ])("the build says what plain cargo says, once: $what", async ({ files, args = [], fails }) => {
    const original = {
      "Cargo.toml": manifest("app", `[dependencies]\ninner = { path = "inner" }\n`),
      "src/main.rs": `fn main() { println!("app"); }\n`,
      "inner/Cargo.toml": manifest("inner"),
      "inner/src/lib.rs": "",
      ...files,
    };
    const [ours, theirs] = [sandbox.project("ours", original), sandbox.project("theirs", original)];
    const options = { expect: fails ? 101 : 0 } as const;
    const status = fails ? ("any" as const) : options.expect;
    const plain = await sandbox.cargo(["build", ...args], { in: theirs, expect: status });
    const green = await sandbox.green(["build", ...args], { in: ours, expect: status });
    expect(green.status).toBe(plain.status);
    expect(withoutGreen(green.stderr)).toBe(withoutGreen(plain.stderr.replaceAll(theirs, ours)));
  });
});
