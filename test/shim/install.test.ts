// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { finishLike, type ShimRequest } from "../../src/broker/protocol.ts";
import { type HandleUnit, type ShimServer, startServer } from "../../src/broker/server.ts";
import { ensureShim, type ShimOptions } from "../../src/shim/install.ts";
import { remove, SHIM_SOURCE, scratch, script, start } from "./harness.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 }); // many starts of Node and rustc, on busy machines

let home: string;
let said: string[];
let options: ShimOptions;

beforeEach(async () => {
  home = await scratch();
  said = [];
  options = {
    cacheDir: join(home, "cache"),
    rustc: "rustc",
    rustcIdentity: "rustc 1.0",
    source: SHIM_SOURCE,
    versionId: "v1",
    nodePath: process.execPath,
    scriptPath: "/lib/main.js",
    fallbackPath: fileURLToPath(new URL("../../src/shim/fallback.ts", import.meta.url)),
    onProgress: (line) => said.push(line),
  };
});
afterEach(() => remove(home));

describe("the shim's installation", () => {
  it("compiles once, also for several at the same time, and leaves nothing else behind", async () => {
    const both = await Promise.all([ensureShim(options), ensureShim(options)]);
    const [{ path, kind }] = both;
    expect(kind).toBe("native");
    expect(both[1]).toEqual(both[0]);
    expect((await start([path, "--green-version"]).ended).stdout.toString()).toBe("2\n");
    expect((await readdir(join(path, ".."))).sort()).toEqual(["broker", "cargo-green-shim"]);
    expect((await stat(path)).mode & 0o777).toBe(0o755);
    said.length = 0;
    const again = await ensureShim({ ...options, rustc: "/none/rustc" });
    expect(again).toEqual({ path, kind });
    expect(said).toEqual([]);
  });

  it("only rewrites how to start a broker when that changes", async () => {
    const fast = await script(join(home, "rustc"), fakeRustc('echo "echo 2"'));
    const { path } = await ensureShim({ ...options, rustc: fast });
    const before = (await stat(path)).ino;
    const moved = await ensureShim({ ...options, rustc: "/none/rustc", nodePath: "/opt/node" });
    expect(moved).toEqual({ path, kind: "native" });
    expect((await stat(path)).ino).toBe(before);
    expect(await readFile(join(path, "../broker"), "utf8")).toBe("v1\n/opt/node\n/lib/main.js\nnative\n");
  });

  it("does not take a program for the shim that does not run here", async () => {
    const wrong = await script(join(home, "rustc"), fakeRustc('echo "exit 3"'));
    expect((await ensureShim({ ...options, rustc: wrong })).kind).toBe("node");
  });

  it("falls back to Node when rustc fails, says so once, and tries again with another compiler", async () => {
    const count = join(home, "count");
    const failing = await script(
      join(home, "rustc"),
      `echo x >>${count}; echo "warning: w" >&2; echo "error: linker \\\`cc\\\` not found" >&2; exit 1`,
    );
    const first = await ensureShim({ ...options, rustc: failing });
    expect(first).toMatchObject({ kind: "node", problem: "error: linker `cc` not found" });
    expect(said.at(-1)).toContain("error: linker `cc` not found");
    said.length = 0;
    expect(await ensureShim({ ...options, rustc: failing })).toEqual({ path: first.path, kind: "node" });
    expect(said).toEqual([]);
    const other = await ensureShim({ ...options, rustc: failing, rustcIdentity: "rustc 2.0" });
    expect(other.path).not.toBe(first.path);
    expect(await readFile(count, "utf8")).toBe("x\nx\n");
  });

  it("blames the machine when the cache cannot be written", async () => {
    await writeFile(join(home, "cache"), "");
    await expect(ensureShim(options)).rejects.toMatchObject({ code: "environment" });
  });
});

describe("the shim in Node", () => {
  let shim: string;
  let rustc: string;
  let server: ShimServer | undefined;
  let requests: ShimRequest[];

  beforeEach(async () => {
    shim = (await ensureShim({ ...options, rustc: "/none/rustc" })).path;
    rustc = await script(join(home, "rustc"), 'eval "$ACT"');
    requests = [];
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

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
  const unit = (...args: string[]): [string, ...string[]] => [shim, rustc, "--crate-name", "demo", ...args];

  it("streams, reports, and inherits the jobserver", async () => {
    let seen: unknown;
    const env = await broker(async (_request, run) => {
      const result = await run();
      seen = [result.exit, result.complete, result.stdout.toString(), result.stderr.toString()];
      return finishLike(result);
    });
    const gate = join(home, "gate");
    const act = `printf "$3"; while [ ! -e ${gate} ]; do sleep 0.02; done; printf token >&4; printf err >&2; exit 4`;
    const makeflags = { CARGO_MAKEFLAGS: "-j --jobserver-fds=3,4 --jobserver-auth=3,4" };
    await start(["mkfifo", join(home, "p0"), join(home, "p1")]).ended;
    const argv: [string, ...string[]] = [
      "/bin/sh",
      "-c",
      `exec 3<>${home}/p0 4<>${home}/p1; "$@"; code=$?; head -c 5 <&4; exit $code`,
      "sh",
      ...unit("é"),
    ];
    const started = start(argv, { ...env, ...makeflags, ACT: act });
    await started.printed("é");
    await writeFile(gate, "");
    const ended = await started.ended;
    expect(ended).toMatchObject({ code: 4, stdout: Buffer.from("étoken"), stderr: Buffer.from("err") });
    expect(seen).toEqual([{ how: "exited", code: 4 }, true, "é", "err"]);
    expect(requests[0]?.argv.at(-1)).toBe(Buffer.from("é").toString("latin1"));
  });

  it("forgets a held run when another one follows, but for the artifacts that Cargo heard of", async () => {
    const artifact = '{"$message_type":"artifact","artifact":"libdemo.rmeta","emit":"metadata"}';
    const act = (word: string, code: number) =>
      `echo out-${word}; echo diagnostic-${word} >&2; echo '${artifact}' >&2; exit ${code}`;
    const env = await broker(async (_request, run) => {
      const first = await run({ hold: true });
      expect(first.stderr.toString()).toBe(`diagnostic-one\n${artifact}\n`);
      const second = await run({ hold: true, argv: ["/bin/sh", "-c", act("two", 1)] });
      return { kind: "finish", code: 7, stdout: Buffer.alloc(0), stderr: second.stdout };
    });
    const ended = await start(unit(), { ...env, ACT: act("one", 1) }).ended;
    expect(ended.stdout.toString()).toBe("out-two\n");
    expect(ended.stderr.toString()).toBe(`${artifact}\ndiagnostic-two\nout-two\n`);
    expect(ended.code).toBe(7);
  });

  it("restores, executes, dies like its child, and is executed without a broker", async () => {
    const env = await broker(async (request, run) => {
      const what = request.argv.at(-1);
      if (what === "exec") return { kind: "exec" };
      if (what === "restore") {
        return { kind: "finish", code: 9, stdout: Buffer.of(0, 255), stderr: Buffer.alloc(0) };
      }
      if (what === "missing") return finishLike(await run({ argv: ["/none/rustc"] }));
      return finishLike(await run());
    });
    const act = { ACT: 'echo "real $3"; exit 5' };
    expect(await start(unit("restore"), env).ended).toMatchObject({ code: 9, stdout: Buffer.of(0, 255) });
    for (const what of ["exec", "missing", "run"]) {
      expect(await start(unit(what), { ...env, ...act }).ended).toMatchObject({
        code: 5,
        stdout: Buffer.from(`real ${what}\n`),
        stderr: Buffer.alloc(0),
      });
    }
    expect(await start(unit("kill"), { ...env, ACT: "kill -9 $$" }).ended).toMatchObject({
      signal: "SIGKILL",
    });
    await server?.close();
    expect(await start(unit("gone"), { ...env, ...act }).ended).toMatchObject({
      code: 5,
      stdout: Buffer.from("real gone\n"),
    });
  });

  it("passes signals on, and leaves probes and what is not UTF-8 to the compiler", async () => {
    const env = await broker(async (_request, run) => finishLike(await run()));
    const act = "trap 'echo caught; exit 0' TERM; echo on; while :; do sleep 0.02; done";
    const started = start(unit(), { ...env, ACT: act });
    await started.printed("on");
    started.process.kill("SIGTERM");
    expect(await started.ended).toMatchObject({ signal: "SIGTERM", stdout: Buffer.from("on\ncaught\n") });
    expect(requests.length).toBe(1);
    await start([shim, rustc, "-vV"], { ...env, ACT: "" }).ended;
    const asked = { RUSTC_BOOTSTRAP: "1", CARGOGREEN_GRAPH: "1", ACT: `echo "$\{RUSTC_BOOTSTRAP-none}"` };
    const probed = await start([shim, rustc, "-vV"], { ...env, ...asked }).ended;
    expect(probed.stdout.toString()).toBe("none\n");
    await start([shim, rustc, "--crate-name", "___", "-"], { ...env, ACT: "" }).ended;
    await start(unit(), { ...env, CARGOGREEN_BYPASS: "1", ACT: "" }).ended;
    const odd = start(["/bin/sh", "-c", '"$@" "$(printf "a\\377")"', "sh", ...unit()], {
      ...env,
      ACT: 'printf "$3"',
    });
    expect((await odd.ended).stdout.toString("latin1")).toBe("a\xff");
    expect(requests.length).toBe(1);
  });
});

/** A compiler whose output is a script that these commands print. */
function fakeRustc(print: string): string {
  return `while [ "$1" != -o ]; do shift; done; { echo '#!/bin/sh'; ${print}; } >"$2"`;
}
