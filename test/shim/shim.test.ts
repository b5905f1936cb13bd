// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { copyFile, link, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { finishLike, type ShimRequest } from "../../src/broker/protocol.ts";
import { type HandleUnit, type ShimServer, startServer } from "../../src/broker/server.ts";
import { compileShim, remove, scratch, script, start } from "./harness.ts";

vi.setConfig({ testTimeout: 30_000 }); // many processes, on busy machines

const EMPTY = Buffer.alloc(0);
const PATIENT = { timeout: 20_000 };
let built: string;
let shim: string;
let warnings: string;
let home: string;
let rustc: string;
let server: ShimServer | undefined;
let requests: ShimRequest[];

beforeAll(async () => {
  built = await scratch();
  shim = join(built, "cargo-green-shim");
  warnings = await compileShim(shim);
}, 120_000);
afterAll(() => remove(built));

beforeEach(async () => {
  home = await scratch();
  requests = [];
  // A compiler that does what the test says.
  rustc = await script(join(home, "rustc"), 'eval "$ACT"');
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await remove(home);
});

/** Starts a broker; returns the environment that leads a shim to it. */
async function broker(handle: HandleUnit): Promise<{ readonly CARGOGREEN_SOCKET: string }> {
  const socketPath = join(home, "b.sock");
  server = await startServer({
    socketPath,
    handle: (request, run, signal) => {
      requests.push(request);
      return handle(request, run, signal);
    },
  });
  return { CARGOGREEN_SOCKET: socketPath };
}

/** A broker that has the real command run, and then ends the shim as the child ended. */
const runIt: HandleUnit = async (_request, run) => finishLike(await run());
const unit = (...args: string[]): [string, ...string[]] => [shim, rustc, "--crate-name", "demo", ...args];
const touch = (name: string) => writeFile(join(home, name), "");
const waitFor = (name: string) => `while [ ! -e ${join(home, name)} ]; do sleep 0.02; done`;

describe("the shim", () => {
  it("compiles without a warning", () => {
    expect(warnings).toBe("");
  });

  it("runs the real compiler in its place when told to", async () => {
    const env = await broker(async () => ({ kind: "exec" }));
    const ended = await start(unit("src/lib.rs"), { ...env, ACT: 'echo "$$ $*"; echo oops >&2; exit 3' })
      .ended;
    expect(ended.code).toBe(3);
    expect(ended.stdout.toString()).toMatch(/^\d+ --crate-name demo src\/lib.rs\n$/);
    expect(ended.stderr.toString()).toBe("oops\n");
    expect(requests[0]?.argv).toEqual([rustc, "--crate-name", "demo", "src/lib.rs"]);
    expect(requests[0]?.role).toBe("rustc");
    expect(requests[0]?.cwd).toBe(process.cwd());
  });

  it("writes a restored unit's bytes exactly and exits with its code", async () => {
    const stdout = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const stderr = Buffer.alloc(3_000_000, 0xff);
    const env = await broker(async () => ({ kind: "finish", code: 101, stdout, stderr }));
    const ended = await start(unit(), { ...env, ACT: "echo never" }).ended;
    expect(ended.code).toBe(101);
    expect(ended.stdout.equals(stdout)).toBe(true);
    expect(ended.stderr.equals(stderr)).toBe(true);
  });

  it("passes output on while the child still runs, and reports all of it", async () => {
    let seen: unknown;
    const env = await broker(async (_request, run) => {
      const result = await run();
      seen = { ...result, stdout: result.stdout.toString(), stderr: result.stderr.toString() };
      return finishLike(result);
    });
    const started = start(unit(), {
      ...env,
      ACT: `printf first; ${waitFor("gate")}; printf last; printf err >&2; exit 4`,
    });
    await started.printed("first");
    await touch("gate"); // only now may the child end
    const ended = await started.ended;
    expect(ended.code).toBe(4);
    expect(ended.stdout.toString()).toBe("firstlast");
    expect(seen).toEqual({
      exit: { how: "exited", code: 4 },
      complete: true,
      stdout: "firstlast",
      stderr: "err",
    });
  });

  it("passes on a stream that is too long to keep, and says that it is incomplete", async () => {
    let complete: boolean | undefined;
    const env = await broker(async (_request, run) => {
      const result = await run();
      complete = result.complete;
      return finishLike(result);
    });
    const ended = await start(unit(), { ...env, ACT: "head -c 17000000 /dev/zero" }).ended;
    expect(ended.code).toBe(0);
    expect(ended.stdout.length).toBe(17_000_000);
    expect(complete).toBe(false);
  });

  it("runs the broker's command with its environment, unmarked variables removed, the child marked", async () => {
    const env = await broker(async (_request, run) => {
      const argv = ["/bin/sh", "-c", 'env; echo "args $*"', "sh", "a\xffb"];
      return finishLike(await run({ argv, setEnv: new Map([["NEW", "x=\xff"]]), unsetEnv: ["GONE", "NEW"] }));
    });
    const wrappers = { CARGO_BUILD_RUSTC_WRAPPER: shim, RUSTC_WRAPPER: shim };
    const ended = await start(unit(), { ...env, ...wrappers, GONE: "1", KEPT: "2", NEW: "0" }).ended;
    const lines = ended.stdout.toString("latin1").split("\n");
    expect(lines).toContain("NEW=x=\xff");
    expect(lines).toContain("KEPT=2");
    expect(lines).toContain(`RUSTC_WRAPPER=${shim}`);
    expect(lines).toContain("CARGOGREEN_BYPASS=1");
    expect(lines).toContain("args a\xffb");
    expect(lines.filter((line) => /^(GONE|CARGOGREEN_SOCKET|CARGO_BUILD_RUSTC_WRAPPER)=/.test(line))).toEqual(
      [],
    );
  });

  it("keeps arguments and variables that are not UTF-8", async () => {
    const env = await broker(runIt);
    const command = 'ODD=$(printf "v\\377") exec "$0" "$1" --crate-name demo "$(printf "a\\377b")"';
    const act = 'printf "%s %s" "$3" "$ODD"';
    const ended = await start(["/bin/sh", "-c", command, shim, rustc], { ...env, ACT: act }).ended;
    expect(ended.stdout.toString("latin1")).toBe("a\xffb v\xff");
    expect(requests[0]?.argv.at(-1)).toBe("a\xffb");
    expect(requests[0]?.env.get("ODD")).toBe("v\xff");
  });

  it("lets the child have Cargo's jobserver and stdin", async () => {
    const env = await broker(runIt);
    const started = start(unit(), { ...env, ACT: "cat; printf token >&4; cat <&3" }, [
      "pipe",
      "pipe",
      "pipe",
      "pipe",
      "pipe",
    ]);
    const tokens: Buffer[] = [];
    started.process.stdio[4]?.on("data", (chunk: Buffer) => tokens.push(chunk));
    started.process.stdin?.end("input ");
    const jobserver = started.process.stdio[3];
    if (jobserver && "end" in jobserver) jobserver.end("slots");
    const ended = await started.ended;
    expect(Buffer.concat(tokens).toString()).toBe("token");
    expect(ended.stdout.toString()).toBe("input slots");
  });

  it("recognises clippy-driver above rustc", async () => {
    const env = await broker(async () => ({ kind: "exec" }));
    const clippy = await script(join(home, "clippy-driver"), 'echo "clippy $*"');
    const ended = await start([shim, clippy, rustc, "--crate-name", "demo"], env).ended;
    expect(ended.stdout.toString()).toBe(`clippy ${rustc} --crate-name demo\n`);
    expect(requests[0]?.role).toBe("workspace-wrapper");
  });

  it("never asks about probes, nor below a unit", async () => {
    const env = { ...(await broker(async () => ({ kind: "exec" }))), ACT: 'echo "$*"' };
    const probes = [
      ["-vV"],
      ["--version"],
      ["-", "--crate-name", "___", "--print=file-names"],
      ["--crate-name", "demo", "--print", "native-static-libs"],
      ["--crate-name", "___", "x.rs"],
      ["--edition=2021", "x.rs"],
    ];
    for (const probe of probes) {
      const ended = await start([shim, rustc, ...probe], env).ended;
      expect(ended.stdout.toString()).toBe(`${probe.join(" ")}\n`);
    }
    await start(unit(), { ...env, CARGOGREEN_BYPASS: "1" }).ended;
    expect(requests).toEqual([]);
    await start([shim, rustc, "@args"], env).ended;
    expect(requests.length).toBe(1);
  });

  it("keeps RUSTC_BOOTSTRAP from the compiler if it was set to ask Cargo something", async () => {
    const ACT = `echo "$\{RUSTC_BOOTSTRAP-none} $\{CARGOGREEN_GRAPH-none}"`;
    const probe = async (env: Readonly<Record<string, string>>) =>
      (await start([shim, rustc, "-vV"], { ACT, RUSTC_BOOTSTRAP: "1", ...env }).ended).stdout.toString();
    expect(await probe({})).toBe("1 none\n");
    expect(await probe({ CARGOGREEN_GRAPH: "1", CARGOGREEN_BYPASS: "1" })).toBe("none none\n");
    expect(await probe({ CARGOGREEN_GRAPH: "1" })).toBe("none none\n");
  });
});

describe("when something goes wrong, the shim", () => {
  it("runs the real compiler if nobody listens", async () => {
    const ended = await start(unit(), { CARGOGREEN_SOCKET: join(home, "none"), ACT: "echo real; exit 5" })
      .ended;
    expect(ended).toMatchObject({ code: 5, stdout: Buffer.from("real\n"), stderr: EMPTY });
  });

  it("runs the real compiler if there is no broker to start", async () => {
    const ended = await start(unit(), { ACT: "echo real" }).ended;
    expect(ended).toMatchObject({ code: 0, stdout: Buffer.from("real\n"), stderr: EMPTY });
  });

  it("runs the real compiler if the broker fails or its command does not exist", async () => {
    const env = { ...(await broker(() => Promise.reject(new Error("a bug")))), ACT: "echo real" };
    expect((await start(unit(), env).ended).stdout.toString()).toBe("real\n");
    await server?.close();
    const other = await broker(async (_request, run) => finishLike(await run({ argv: ["/none/rustc"] })));
    const ended = await start(unit(), { ...env, ...other }).ended;
    expect(ended).toMatchObject({ code: 0, stdout: Buffer.from("real\n"), stderr: EMPTY });
  });

  it("ends as its child does if the broker dies meanwhile", async () => {
    const env = await broker(runIt);
    const started = start(unit(), { ...env, ACT: `echo on; ${waitFor("gate")}; echo end; exit 7` });
    await started.printed("on");
    await server?.close();
    await touch("gate");
    expect(await started.ended).toMatchObject({ code: 7, stdout: Buffer.from("on\nend\n") });
  });

  it("dies by the signal that killed its child", async () => {
    let exit: unknown;
    const env = await broker(async (_request, run) => {
      const result = await run();
      exit = result.exit;
      return finishLike(result);
    });
    expect(await start(unit(), { ...env, ACT: "kill -9 $$" }).ended).toMatchObject({ signal: "SIGKILL" });
    expect(exit).toEqual({ how: "signalled", signal: 9 });
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "passes %s on to its child and dies by it",
    async (name) => {
      let aborted = false;
      const env = await broker(async (_request, run, signal) => {
        const result = await run().catch(() => undefined);
        aborted = signal.aborted;
        return result === undefined ? { kind: "exec" } : finishLike(result);
      });
      const signal = name.slice(3);
      const started = start(unit(), {
        ...env,
        ACT: `trap 'echo caught; exit 0' ${signal}; echo on; ${waitFor("gate")}`,
      });
      await started.printed("on");
      started.process.kill(name);
      const ended = await started.ended;
      expect(ended).toMatchObject({ signal: name, stdout: Buffer.from("on\ncaught\n") });
      await expect.poll(() => aborted, PATIENT).toBe(true);
    },
  );

  it("does not outlive its own SIGKILL with a child", async () => {
    const env = await broker(runIt);
    const started = start(unit(), { ...env, ACT: `echo $$; ${waitFor("gate")}` });
    await started.printed("\n");
    const pid = await new Promise<number>((resolve) => {
      void started.ended.then((ended) => resolve(Number(ended.stdout.toString())));
      started.process.kill("SIGKILL");
    });
    await expect.poll(() => isAlive(pid), PATIENT).toBe(false);
  });

  it("kills its child and exits 130 when cancelled", async () => {
    const env = await broker(runIt);
    const started = start(unit(), { ...env, ACT: `echo $$; ${waitFor("gate")}` });
    await started.printed("\n");
    server?.cancelAll();
    const ended = await started.ended;
    expect(ended.code).toBe(130);
    expect(isAlive(Number(ended.stdout.toString()))).toBe(false);
  });

  it("closes the child's stream when its own reader is gone", async () => {
    let exit: unknown;
    const env = await broker(async (_request, run) => {
      const result = await run();
      exit = [result.exit, result.complete];
      return finishLike(result);
    });
    const started = start(unit(), { ...env, ACT: `echo on; ${waitFor("gate")}; exec cat /dev/zero` });
    await started.printed("on");
    started.process.stdout?.destroy();
    await touch("gate");
    expect(await started.ended).toMatchObject({ signal: "SIGPIPE", stderr: EMPTY });
    expect(exit).toEqual([{ how: "signalled", signal: 13 }, false]);
  });
});

describe("a build script's stand-in", () => {
  let directory: string;
  beforeEach(async () => {
    directory = join(home, "build", "demo-0123");
    await mkdir(directory, { recursive: true });
    await copyFile(shim, join(directory, "build_script_build-0123"));
    await link(join(directory, "build_script_build-0123"), join(directory, "build-script-build"));
  });
  const real = () =>
    script(
      join(directory, "build_script_build-0123.green-real"),
      `echo "real $\{CARGOGREEN_BYPASS-unmarked}"`,
    );

  it("runs the real executable by either name when there is no cargo-green", async () => {
    await real();
    for (const name of ["build_script_build-0123", "build-script-build"]) {
      const ended = await start([join(directory, name)]).ended;
      expect(ended).toMatchObject({ code: 0, stdout: Buffer.from("real unmarked\n"), stderr: EMPTY });
    }
  });

  it("asks the broker below a green build, and marks the script if it is only executed", async () => {
    await real();
    const env = await broker(async () => ({ kind: "exec" }));
    const ended = await start([join(directory, "build-script-build")], env).ended;
    expect(ended.stdout.toString()).toBe("real 1\n");
    expect(requests[0]).toMatchObject({
      role: "build-script",
      argv: [join(directory, "build_script_build-0123.green-real")],
    });
  });

  it("can be restored", async () => {
    await real();
    const env = await broker(async () => ({
      kind: "finish",
      code: 0,
      stdout: Buffer.from("cargo::rustc-cfg=a\n"),
      stderr: EMPTY,
    }));
    const ended = await start([join(directory, "build-script-build")], env).ended;
    expect(ended.stdout.toString()).toBe("cargo::rustc-cfg=a\n");
  });

  it("recognises a name without a hash, as newer build directories have it", async () => {
    await script(join(directory, "build_script_build.green-real"), "echo new");
    const ended = await start([join(directory, "build-script-build")]).ended;
    expect(ended.stdout.toString()).toBe("new\n");
  });

  it("picks the one that it is linked to among several", async () => {
    await real();
    await copyFile(shim, join(directory, "build_script_build-4567"));
    await script(join(directory, "build_script_build-4567.green-real"), "echo other");
    const ended = await start([join(directory, "build-script-build")]).ended;
    expect(ended.stdout.toString()).toBe("real unmarked\n");
  });

  it("says what is wrong if the real executable is gone", async () => {
    const ended = await start([join(directory, "build-script-build")]).ended;
    expect(ended.code).toBe(127);
    expect(ended.stderr.toString()).toMatch(/^cargo-green: .*build-script-build: the real executable/);
  });
});

describe("a bare RUSTC_WRAPPER", () => {
  const node = process.execPath;
  const brokerScript = fileURLToPath(new URL("./user-broker.ts", import.meta.url));

  async function install(script: string): Promise<string> {
    const path = join(home, "cargo-green-shim");
    await copyFile(shim, path);
    await writeFile(join(home, "broker"), `v1-test\n${node}\n${script}\n`);
    await mkdir(join(home, "run"), { mode: 0o700 });
    return path;
  }

  // Retried: where Node takes over 2 s to start, the shims rightly run the compiler.
  it("starts one broker for all shims, with nothing of theirs", { retry: 2 }, async () => {
    const path = await install(brokerScript);
    const env = { XDG_RUNTIME_DIR: join(home, "run"), HOME: home, SECRET: "1", ACT: "echo real" };
    const fds = ["ignore", "pipe", "pipe", "pipe"] as const;
    const all = Array.from({ length: 4 }, () => start([path, rustc, "--crate-name", "demo"], env, [...fds]));
    const reports = await Promise.all(
      all.map(async (one) => JSON.parse((await one.ended).stdout.toString()) as Record<string, unknown>),
    );
    expect(new Set(reports.map((report) => report["pid"])).size).toBe(1);
    expect(reports[0]).toMatchObject({ cwd: "/", env: ["HOME", "PATH", "XDG_RUNTIME_DIR"] });
    expect((await stat(join(home, "run", "cargo-green"))).mode & 0o777).toBe(0o700);
  });

  it("is also what a build script's stand-in goes by", { retry: 2 }, async () => {
    const path = await install(brokerScript);
    const standIn = join(home, "build_script_build");
    await copyFile(shim, standIn);
    await script(`${standIn}.green-real`, "echo real");
    const env = { XDG_RUNTIME_DIR: join(home, "run"), RUSTC_WRAPPER: path };
    const ended = await start([standIn], env).ended;
    expect(JSON.parse(ended.stdout.toString())).toMatchObject({ cwd: "/" });
  });

  it("does not wait for a broker that cannot be started, and then leaves it alone for a while", async () => {
    const path = await install(join(home, "missing.js"));
    const env = { XDG_RUNTIME_DIR: join(home, "run"), ACT: "echo real" };
    const argv: [string, ...string[]] = [path, rustc, "--crate-name", "demo"];
    expect((await start(argv, env).ended).stdout.toString()).toBe("real\n");
    const begun = performance.now();
    expect((await start(argv, env).ended).stdout.toString()).toBe("real\n");
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it("does not use a directory that others can enter", async () => {
    const path = await install(brokerScript);
    await mkdir(join(home, "run", "cargo-green"), { mode: 0o755 });
    const env = { XDG_RUNTIME_DIR: join(home, "run"), ACT: "echo real" };
    const ended = await start([path, rustc, "--crate-name", "demo"], env).ended;
    expect(ended.stdout.toString()).toBe("real\n");
  });
});

describe("a held run", () => {
  const artifact = '{"$message_type":"artifact","artifact":"libdemo.rmeta","emit":"metadata"}';
  const writes = (word: string, code: number) =>
    `echo out-${word}; echo diagnostic-${word} >&2; echo '${artifact}' >&2; touch ${home}/told; exit ${code}`;

  it("passes on artifacts at once and the rest with the last word", async () => {
    let shown = "";
    const env = await broker(async (_request, run) => {
      const result = await run({ hold: true });
      shown = result.stderr.toString();
      return { ...finishLike(result), stderr: Buffer.from("and a hint\n") } as ReturnType<typeof finishLike>;
    });
    const started = start(unit(), { ...env, ACT: `${writes("one", 3)}` });
    const ended = await started.ended;
    expect(shown).toBe(`diagnostic-one\n${artifact}\n`);
    expect(ended.stdout.toString()).toBe("out-one\n");
    expect(ended.stderr.toString()).toBe(`${artifact}\ndiagnostic-one\nand a hint\n`);
    expect(ended.code).toBe(3);
  });

  it("is forgotten when another one follows, but for the artifacts that Cargo heard of", async () => {
    const env = await broker(async (_request, run) => {
      await run({ hold: true });
      const [program, args] = ["/bin/sh", writes("two", 0)];
      const result = await run({ argv: [program, "-c", args] });
      expect(result.stderr.toString()).toBe(`diagnostic-two\n${artifact}\n`);
      return finishLike(result);
    });
    const ended = await start(unit(), { ...env, ACT: writes("one", 1) }).ended;
    expect(ended.stdout.toString()).toBe("out-two\n");
    expect(ended.stderr.toString()).toBe(`${artifact}\ndiagnostic-two\n`);
    expect(ended.code).toBe(0);
  });

  it("that failed makes room for the real program when the broker goes away", async () => {
    const env = await broker((_request, run) => {
      void run({
        hold: true,
        argv: ["/bin/sh", "-c", `echo lost; while [ ! -e ${home}/go ]; do sleep 0.02; done; exit 1`],
      });
      return new Promise(() => {});
    });
    const { ended } = start(unit(), { ...env, ACT: "echo real" });
    await vi.waitFor(() => expect(requests).toHaveLength(1), PATIENT);
    await server?.close();
    await touch("go");
    const { stdout, code } = await ended;
    expect(stdout.toString()).toBe("real\n");
    expect(code).toBe(0);
  });

  it("of more than is kept goes on live", async () => {
    const env = await broker(async (_request, run) => {
      const result = await run({ hold: true });
      expect(result.complete).toBe(false);
      return finishLike(result);
    });
    const ended = await start(unit(), { ...env, ACT: "head -c 20000000 /dev/zero; echo end" }).ended;
    expect(ended.stdout.length).toBe(20_000_004);
  });
});

describe("for our own use, the shim", () => {
  it("prints the protocol's version", async () => {
    expect((await start([shim, "--green-version"]).ended).stdout.toString()).toBe("2\n");
  });

  it("holds locks until its stdin ends", async () => {
    const lock = join(home, "lock");
    const pipes = ["pipe", "pipe", "pipe"] as const;
    const first = start([shim, "--green-flock", lock], {}, [...pipes]);
    await first.printed("ready");
    const second = start([shim, "--green-flock", lock], {}, [...pipes]);
    const order: string[] = [];
    const gotIt = second.printed("ready").then(() => order.push("second"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    order.push("first ends");
    first.process.stdin?.end();
    await gotIt;
    second.process.stdin?.end();
    expect((await second.ended).code).toBe(0);
    expect(order).toEqual(["first ends", "second"]);
  });

  it.runIf(process.platform === "linux").each(["ends", "is killed"])(
    "lets nobody find its lock taken, who comes for it as Cargo does, until it %s",
    async (how) => {
      const locks = ["one", "two"].map((name) => join(home, `${name} ${how}`));
      const holder = start([shim, "--green-flock", ...locks], {}, ["pipe", "pipe", "pipe"]);
      await holder.printed("ready leased\n");
      const script = locks.map((lock) => `exec 3<>"${lock}"; flock -n 3 || echo taken`).join("; ");
      const comer = start(["/bin/sh", "-c", `${script}; echo had`]);
      const early = Promise.race([comer.ended, new Promise((resolve) => setTimeout(resolve, 200, "waits"))]);
      expect(await early).toBe("waits");
      if (how === "ends") holder.process.stdin?.end();
      else holder.process.kill("SIGKILL");
      expect((await comer.ended).stdout.toString()).toBe("had\n");
    },
  );

  it("has locks without that while one of them is open elsewhere", async () => {
    const locks = ["free", "open"].map((name) => join(home, name));
    const other = start(["/bin/sh", "-c", `exec 3<>"${locks[1]}"; echo open; cat`], {}, [
      "pipe",
      "pipe",
      "pipe",
    ]);
    await other.printed("open\n");
    const holder = start([shim, "--green-flock", ...locks], {}, ["pipe", "pipe", "pipe"]);
    await holder.printed("ready\n");
    const comer = start(["/bin/sh", "-c", `exec 3<>"${locks[0]}"; flock -n 3 || echo taken`]);
    expect((await comer.ended).stdout.toString()).toBe("taken\n");
    for (const each of [other, holder]) each.process.stdin?.end();
  });
});

/** A zombie is not alive: who adopts it may not wait for it. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
