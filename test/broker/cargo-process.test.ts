// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CargoRun, startCargo } from "../../src/broker/cargo-process.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

/** A Cargo that is a shell script; `said()` is what it wrote to `$LOG`. */
function cargo(script: string) {
  const directory = temporaryDirectory();
  const program = join(directory, "cargo");
  const log = join(directory, "log");
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  writeFileSync(log, "");
  const env = { PATH: `${directory}:${process.env["PATH"]}`, LOG: log };
  return { program, env, said: () => readFileSync(log, "utf8") };
}

const ECHO = 'printf "%s|" "$0" "$@" "$' + '{GIVEN-none}" "$' + '{TAKEN-none}" >> "$LOG"';

describe("startCargo", () => {
  it("passes arguments and environment on, without what is undefined, and resolves to the exit status", async () => {
    const { program, env, said } = cargo(`${ECHO}; exit 101`);
    const args = ["build", "--config", 'a="b c"'];
    const exit = await startCargo({
      toolchain: undefined,
      args,
      env: { ...env, GIVEN: "1", TAKEN: undefined },
    });
    expect(exit).toBe(101);
    expect(said()).toBe(`${program}|build|--config|a="b c"|1|none|`);
  });

  it("starts what CARGO names, but rustup's proxy where a toolchain is asked for", async () => {
    const [proxy, real] = [cargo(ECHO), cargo(ECHO)];
    const env = { ...proxy.env, CARGO: real.program };
    expect(await startCargo({ toolchain: undefined, args: ["b"], env: { ...env, LOG: real.env.LOG } })).toBe(
      0,
    );
    expect(await startCargo({ toolchain: "nightly", args: ["b"], env })).toBe(0);
    expect(real.said()).toBe(`${real.program}|b|none|none|`);
    expect(proxy.said()).toBe(`${proxy.program}|+nightly|b|none|none|`);
  });

  it("says what to do if there is no Cargo", async () => {
    const env = { PATH: temporaryDirectory(), CARGO: "/nowhere/cargo" };
    await expect(startCargo({ toolchain: undefined, args: [], env })).rejects.toMatchObject({
      code: "environment",
      message: '"/nowhere/cargo" could not be started',
      hint: expect.stringContaining("CARGO"),
    });
  });

  it("tells Cargo when it alone is told to end, leaves ^C to the terminal, and listens no longer after", async () => {
    const script =
      'trap "echo hung up >> $LOG" HUP; trap "echo told >> $LOG; kill -KILL $$" TERM; echo up >> "$LOG"';
    const { env, said } = cargo(`${script}\nwhile :; do sleep 0.02; done`);
    const signals = ["SIGINT", "SIGHUP", "SIGTERM"] as const;
    const listeners = () => signals.flatMap((signal) => process.listeners(signal));
    const before = listeners();
    let noticed = 0;
    const ending = startCargo({
      toolchain: undefined,
      args: [],
      env,
      onSignal: () => void noticed++,
      inForeground: () => true,
    });
    const until = async (text: string) => {
      while (!said().includes(text)) await sleep(5);
    };
    await until("up");
    const send = (signal: (typeof signals)[number]) => {
      for (const listener of process.listeners(signal)) {
        if (!before.includes(listener)) Reflect.apply(listener, process, [signal, 0]);
      }
    };
    send("SIGINT");
    send("SIGHUP");
    await until("hung up");
    send("SIGTERM");
    expect(await ending).toBe("SIGKILL");
    expect(said()).toBe("up\nhung up\ntold\n");
    expect(noticed).toBe(3);
    expect(listeners()).toEqual(before);
  });

  it("tells Cargo of a SIGINT that cannot come from a terminal", async () => {
    const { env, said } = cargo('echo up >> "$LOG"; while :; do sleep 0.02; done');
    const before = process.listeners("SIGINT");
    const exit = startCargo({ toolchain: undefined, args: [], env, inForeground: () => false });
    while (!said().includes("up")) await sleep(5);
    for (const listener of process.listeners("SIGINT")) {
      if (!before.includes(listener)) Reflect.apply(listener, process, ["SIGINT", 2]);
    }
    expect(await exit).toBe("SIGINT");
  });
});

describe("CargoRun", () => {
  it("starts it when somebody first says so, and once", async () => {
    const { env, said } = cargo('echo started >> "$LOG"; exit 7');
    const run = new CargoRun({ toolchain: undefined, args: [], env });
    await run.gone();
    await sleep(50);
    expect(said()).toBe("");
    run.start();
    expect(await Promise.all([run.ended(), run.ended(), run.gone()])).toEqual([7, 7, undefined]);
    expect(said()).toBe("started\n");
  });

  it("is not started after a signal, which it would not get", async () => {
    const { env, said } = cargo('echo started >> "$LOG"');
    const run = new CargoRun({ toolchain: undefined, args: [], env });
    run.forbid();
    run.start();
    await run.gone();
    await sleep(50);
    expect(said()).toBe("");
  });

  it("tells those who wait for its end that there is none, and nobody else", async () => {
    const run = new CargoRun({ toolchain: undefined, args: [], env: { CARGO: "/nowhere/cargo" } });
    run.start();
    await run.gone();
    await expect(run.ended()).rejects.toThrow("could not be started");
  });
});
