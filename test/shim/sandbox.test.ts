// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { sandboxCommand } from "../../src/runner/host/command.ts";
import { describeSandbox, type SandboxFacts } from "../../src/runner/host/describe.ts";
import type { SandboxBackend } from "../../src/runner/host/spec.ts";
import { compileShim, remove, scratch, start } from "./harness.ts";

vi.setConfig({ testTimeout: 30_000 });

let home: string;
let shim: string;
beforeAll(async () => {
  home = await scratch();
  shim = join(home, "cargo-green-shim");
  await compileShim(shim);
  for (const name of ["shown", "hidden", "out"]) await mkdir(join(home, name));
  await writeFile(join(home, "shown/file"), "seen");
}, 120_000);
afterAll(() => remove(home));

/** A shell command in a sandbox: the shim's own, if it is not said otherwise. */
function confined(
  command: string,
  facts: Partial<SandboxFacts> = {},
  backend: SandboxBackend = { kind: "native", program: shim },
): [string, ...string[]] {
  const spec = describeSandbox({
    readOnly: [join(home, "shown")],
    readWrite: [join(home, "out")],
    scratch: [],
    home: undefined,
    network: false,
    cwd: join(home, "shown"),
    ...facts,
  });
  const [program = "", ...args] = sandboxCommand(spec, backend, ["/bin/sh", "-c", command]);
  return [program, ...args];
}

const succeeds = (program: string, ...args: readonly string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
const superuser = process.getuid?.() === 0;
const works = () => superuser || succeeds("unshare", "-Urn", "true");
const bwrapWorks = () => succeeds("bwrap", "--ro-bind", "/", "/", "true");

describe("a sandbox of either kind", () => {
  const kinds = {
    native: { works, backend: (): SandboxBackend => ({ kind: "native", program: shim }) },
    bwrap: {
      works: bwrapWorks,
      backend: (): SandboxBackend => ({ kind: "bwrap", program: "bwrap", superuser }),
    },
  };
  for (const [kind, { works: isThere, backend }] of Object.entries(kinds)) {
    it.skipIf(!isThere() || !existsSync("/dev/shm"))(`shows what lies below /dev: ${kind}`, async () => {
      const memory = await mkdtemp("/dev/shm/sandbox-test-");
      onTestFinished(() => remove(memory));
      for (const name of ["shown", "hidden", "out"]) await mkdir(join(memory, name));
      await writeFile(join(memory, "shown/file"), "seen");
      const places = { readOnly: [join(memory, "shown")], readWrite: [join(memory, "out")] };
      const command = `cat file; ls -d /dev/shm/*/*; echo x > ${memory}/out/made; echo x > /dev/null; echo no > file`;
      const ended = await start(confined(command, { ...places, cwd: join(memory, "shown") }, backend()))
        .ended;
      expect(ended.stdout.toString()).toBe(`seen${memory}/out\n${memory}/shown\n`);
      expect(ended.stderr.toString()).toContain("Read-only file system");
      expect(await readFile(join(memory, "out/made"), "utf8")).toBe("x\n");
    });
  }
});

describe.skipIf(!works())("the shim's sandbox", () => {
  it("shows what it is told, and lets it be written where it is told", async () => {
    const ended = await start(
      confined(
        `pwd; cat file; ls -d '${home}'/*; echo x > '${home}/out/made'; echo x > '${home}/shown/file' || echo x > /made`,
      ),
    ).ended;
    expect(ended.stdout.toString().split("\n")).toEqual([
      `${home}/shown`,
      `seen${home}/out`,
      `${home}/shown`,
      "",
    ]);
    expect(ended.stderr.toString().match(/Read-only file system/g)).toHaveLength(2);
    expect(existsSync(join(home, "out/made"))).toBe(true);
  });

  it("has nothing of the user's but his numbers: no processes, no network but lo, a /tmp of its own", async () => {
    const command =
      "id -u; id -g; set -- /proc/[0-9]*; echo $#; tail -n +3 /proc/net/dev | cut -d: -f1; ls /tmp | grep -v shim-; :";
    const ended = await start(confined(command)).ended;
    const [uid, gid, processes, ...rest] = ended.stdout.toString().split(/\s+/);
    expect([uid, gid]).toEqual([String(process.getuid?.()), String(process.getgid?.())]);
    expect(Number(processes)).toBeLessThan(5);
    expect(rest).toEqual(["lo", ""]);
  });

  it("ends as the program does: by status, by signal, and with whatever it left running", async () => {
    expect((await start(confined("exit 42")).ended).code).toBe(42);
    expect((await start(confined("kill -ABRT $$")).ended).signal).toBe("SIGABRT");
    // A daemon would hold the pipe open.
    const left = await start(confined("sleep 1000 & echo done")).ended;
    expect(left.stdout.toString()).toBe("done\n");
  });

  it("passes signals on, and says what cannot be", async () => {
    const started = start(
      confined("trap 'echo caught; exit 5' TERM; echo ready; while :; do sleep 0.02; done"),
    );
    await started.printed("ready");
    process.kill(started.process.pid ?? 0, "SIGTERM");
    expect((await started.ended).code).toBe(5);
    const failed = await start(confined("true", { cwd: "/proc/none" })).ended;
    expect(failed.code).toBe(125);
    expect(failed.stderr.toString()).toContain("the sandbox cannot be set up: /proc/none");
  });

  it("hands on the jobserver's descriptors", async () => {
    const [program, ...args] = confined("printf token >&4");
    const ended = await start([
      "/bin/sh",
      "-c",
      `exec 4>'${home}/out/jobs'; "$@"; cat '${home}/out/jobs'`,
      "sh",
      program,
      ...args,
    ]).ended;
    expect(ended.stdout.toString()).toBe("token");
  });
});
