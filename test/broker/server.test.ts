// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm, symlink } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encode, FrameDecoder, finishLike, type Message } from "../../src/broker/protocol.ts";
import { type HandleUnit, type ShimServer, startServer } from "../../src/broker/server.ts";
import { socketDirectory } from "../../src/broker/socket-directory.ts";
import type { GreenError } from "../../src/error.ts";

const EMPTY = Buffer.alloc(0);
const FINISH = { kind: "finish", code: 0, stdout: EMPTY, stderr: EMPTY } as const;
const REQUEST: Message = {
  kind: "request",
  request: { role: "rustc", cwd: "/", argv: ["rustc"], env: new Map() },
};
const DONE: Message = {
  kind: "done",
  result: { exit: { how: "exited", code: 3 }, complete: true, stdout: EMPTY, stderr: EMPTY },
};

let home: string;
let socketPath: string;
let servers: ShimServer[];
let errors: GreenError[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "server-"));
  socketPath = join(home, "b.sock");
  servers = [];
  errors = [];
});
afterEach(async () => {
  for (const server of servers) await server.close();
  await rm(home, { recursive: true, force: true });
});

async function serve(handle: HandleUnit, path = socketPath): Promise<ShimServer> {
  const server = await startServer({ socketPath: path, handle, onError: (error) => errors.push(error) });
  servers.push(server);
  return server;
}

/** A shim that says these things at once; resolves to what it heard until the end. */
async function converse(...messages: readonly (Message | Buffer)[]): Promise<readonly Message[]> {
  const { socket, heard } = talk();
  for (const message of messages) socket.write(Buffer.isBuffer(message) ? message : encode(message));
  return heard;
}

function talk(): { readonly socket: Socket; readonly heard: Promise<readonly Message[]> } {
  const socket = connect(socketPath);
  const decoder = new FrameDecoder();
  const messages: Message[] = [];
  socket.on("data", (chunk) => messages.push(...decoder.push(chunk)));
  socket.on("error", () => undefined);
  return { socket, heard: new Promise((resolve) => socket.on("close", () => resolve(messages))) };
}

describe("the server", () => {
  it("runs a unit's child once, and ends as the handler says", async () => {
    let again: unknown;
    await serve(async (_request, run) => {
      const { exit } = await run({ argv: ["other"] });
      again = await run().catch((thrown) => thrown);
      return { ...FINISH, code: exit.how === "exited" ? exit.code + 1 : 0 };
    });
    const { socket, heard } = talk();
    socket.write(encode(REQUEST));
    socket.once("data", () => socket.write(encode(DONE)));
    expect(await heard).toEqual([
      { kind: "run", hold: false, argv: ["other"], setEnv: new Map(), unsetEnv: [] },
      { ...FINISH, code: 4 },
    ]);
    expect(again).toMatchObject({ code: "internal" });
  });

  it("has the real program run when the handler fails, and says so", async () => {
    await serve(() => Promise.reject(new Error("a bug")));
    expect(await converse(REQUEST)).toEqual([{ kind: "exec" }]);
    expect(errors).toMatchObject([{ code: "internal", message: "a bug" }]);
  });

  it("ends the shim like its child when the handler fails after that, or gave up on it", async () => {
    for (const handle of [
      async (_request, run) => {
        await run();
        throw new Error("a bug");
      },
      async (_request, run) => {
        void run();
        throw new Error("a bug");
      },
    ] satisfies HandleUnit[]) {
      const server = await serve(handle);
      const { socket, heard } = talk();
      socket.write(encode(REQUEST));
      socket.once("data", () => socket.write(encode(DONE)));
      expect((await heard).at(-1)).toEqual({ ...FINISH, code: 3 });
      await server.close();
    }
  });

  it("aborts the unit when its shim goes away", async () => {
    const seen = Promise.withResolvers<unknown>();
    const server = await serve(async (_request, run, signal) => {
      const failure = await run().catch((thrown) => thrown);
      seen.resolve([signal.aborted, failure.code]);
      return { kind: "exec" };
    });
    const { socket } = talk();
    socket.write(encode(REQUEST));
    socket.once("data", () => socket.destroy());
    expect(await seen.promise).toEqual([true, "protocol"]);
    await expect.poll(() => server.connections, { timeout: 4_000 }).toBe(0);
  });

  it("cancels every shim, and aborts their units", async () => {
    const signals: AbortSignal[] = [];
    const server = await serve(async (_request, run, signal) => {
      signals.push(signal);
      return finishLike(await run());
    });
    const talks = [talk(), talk()];
    for (const { socket } of talks) socket.write(encode(REQUEST));
    await Promise.all(talks.map(({ socket }) => new Promise((resolve) => socket.once("data", resolve))));
    expect(server.connections).toBe(2);
    server.cancelAll();
    for (const { heard } of talks) expect((await heard).at(-1)).toEqual({ kind: "cancel" });
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
  });

  it("drops who breaks the protocol and serves the others", async () => {
    await serve(async () => FINISH);
    expect(await converse(Buffer.from("GET / HTTP/1.1\r\n\r\n"))).toEqual([]);
    expect(await converse(DONE)).toEqual([]);
    expect(await converse({ kind: "exec" })).toEqual([]);
    expect(errors.map(({ code }) => code)).toEqual(["protocol", "protocol", "protocol"]);
    expect(await converse(REQUEST)).toEqual([FINISH]);
  });

  it("lets an answer go that is too long for a frame", async () => {
    await serve(async () => ({ ...FINISH, stdout: Buffer.alloc(64 * 1024 * 1024) }));
    expect(await converse(REQUEST)).toEqual([]);
    expect(errors).toMatchObject([{ code: "protocol" }]);
  });

  it("takes the place of a dead socket, but not of one that answers", async () => {
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(join(home, "old"), resolve));
    await rename(join(home, "old"), socketPath);
    await new Promise((resolve) => dead.close(resolve));
    expect((await lstat(socketPath)).isSocket()).toBe(true);
    const first = await serve(async () => FINISH);
    expect(await converse(REQUEST)).toEqual([FINISH]);
    await expect(serve(async () => FINISH)).rejects.toMatchObject({ code: "busy" });
    expect(await converse(REQUEST)).toEqual([FINISH]);
    await first.close();
    expect(await readdir(home)).toEqual([]);
  });

  it("does not remove its successor's socket", async () => {
    const first = await serve(async () => FINISH);
    await rm(socketPath);
    await serve(async () => ({ ...FINISH, code: 2 }));
    await first.close();
    expect(await converse(REQUEST)).toEqual([{ ...FINISH, code: 2 }]);
  });

  it("refuses a path that the kernel would cut", async () => {
    const path = join(home, "x".repeat(108 - home.length));
    await expect(serve(async () => FINISH, path)).rejects.toMatchObject({ code: "environment" });
  });

  it("is idle only when nobody is connected and no unit is handled", async () => {
    const begun = performance.now();
    const idleAt = Promise.withResolvers<number>();
    const work = Promise.withResolvers<void>();
    const server = await startServer({
      socketPath,
      idleMs: () => 50,
      onIdle: () => idleAt.resolve(performance.now() - begun),
      handle: async () => {
        await work.promise;
        return FINISH;
      },
    });
    servers.push(server);
    const { socket } = talk();
    socket.write(encode(REQUEST));
    await expect.poll(() => server.connections, { timeout: 4_000 }).toBe(1);
    socket.destroy();
    setTimeout(() => work.resolve(), 200);
    expect(await idleAt.promise).toBeGreaterThanOrEqual(240);
  });
});

describe("the socket directory", () => {
  const uid = process.getuid?.() ?? 0;

  it("is below XDG_RUNTIME_DIR if that is ours, else in the temporary directory, and ours alone", async () => {
    const runtimeDir = join(home, "run");
    const fallback = join(home, `cargo-green-${uid}`);
    expect(socketDirectory({ runtimeDir, uid, temporaryDir: home })).toBe(fallback);
    expect(socketDirectory({ runtimeDir: "run", uid, temporaryDir: home })).toBe(fallback);
    await mkdir(runtimeDir);
    const path = socketDirectory({ runtimeDir, uid, temporaryDir: home });
    expect(path).toBe(join(runtimeDir, "cargo-green"));
    expect((await lstat(path)).mode & 0o777).toBe(0o700);
    expect(socketDirectory({ runtimeDir, uid })).toBe(path);
  });

  it("is refused if others can enter it or it is a link", async () => {
    const path = socketDirectory({ runtimeDir: home, uid });
    await chmod(path, 0o755);
    expect(() => socketDirectory({ runtimeDir: home, uid })).toThrow(path);
    await rm(path, { recursive: true });
    await mkdir(join(home, "other"), { mode: 0o700 });
    await symlink(join(home, "other"), path);
    expect(() => socketDirectory({ runtimeDir: home, uid })).toThrow(path);
  });
});
