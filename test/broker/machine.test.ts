// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Machine } from "../../src/broker/machine.ts";
import type { UnitStore } from "../../src/store/store.ts";
import { digestOf } from "../../src/unit/digest.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

const RUSTC = `case $1 in
  -vV) echo "rustc 1.95.0"; echo "commit-hash: abc"; echo "host: x86_64-unknown-linux-gnu"; echo "release: 1.95.0";;
  --print) echo /sysroot;;
esac`;

/** A directory for PATH whose programs count how often they run. */
function programs(scripts: Readonly<Record<string, string>> = {}) {
  const directory = temporaryDirectory();
  const log = join(directory, "log");
  writeFileSync(log, "");
  const write = (name: string, script: string) =>
    writeFileSync(join(directory, name), `#!/bin/sh\necho ${name} "$@" >> '${log}'\n${script}\n`, {
      mode: 0o755,
    });
  for (const [name, script] of Object.entries(scripts)) write(name, script);
  return {
    directory,
    write,
    env: new Map([["PATH", directory]]),
    runs: () => readFileSync(log, "utf8").split("\n").slice(0, -1),
  };
}

/** What a machine needs of a store, in memory. */
function fakeStore(): UnitStore {
  const memos = new Map<string, string>();
  const part: Pick<UnitStore, "memo" | "remember" | "digestFile"> = {
    memo: (namespace, key) => memos.get(`${namespace} ${key}`),
    remember: (namespace, key, value) => void memos.set(`${namespace} ${key}`, value),
    digestFile: async (path) => digestOf(readFileSync(path)),
  };
  return part as UnitStore;
}

describe("Machine", () => {
  it("asks the compiler once in a build, for all who ask at the same time", async () => {
    const { env, runs } = programs({ rustc: RUSTC });
    const machine = new Machine(fakeStore(), undefined);
    const [one, other] = await Promise.all([
      machine.toolchain("rustc", env),
      machine.toolchain("rustc", env),
    ]);
    expect(one).toMatchObject({ release: "1.95.0", sysroot: "/sysroot" });
    expect(other).toBe(one);
    await machine.toolchain("rustc", env);
    expect(runs()).toHaveLength(2);
  });

  it("asks again for another compiler, and after a failure", async () => {
    const { env, write } = programs({ rustc: "exit 1" });
    const machine = new Machine(fakeStore(), undefined);
    await expect(machine.toolchain("rustc", env)).rejects.toMatchObject({ code: "environment" });
    write("rustc", RUSTC);
    const first = await machine.toolchain("rustc", env);
    const nightly = new Map([...env, ["RUSTUP_TOOLCHAIN", "nightly"]]);
    write("rustc", RUSTC.replaceAll("1.95.0", "1.97.0-nightly"));
    expect((await machine.toolchain("rustc", nightly)).release).toBe("1.97.0-nightly");
    expect((await machine.toolchain("rustc", env)).release).toBe(first.release);
  });

  it("has another identity for a linker, the tools and the system where PATH leads to others", async () => {
    const [one, other, same] = [programs({ cc: "" }), programs({ cc: ": other" }), programs()];
    writeFileSync(join(same.directory, "cc"), readFileSync(join(one.directory, "cc")), { mode: 0o755 });
    const machine = new Machine(fakeStore(), undefined);
    for (const ask of [
      (env: ReadonlyMap<string, string>) => machine.linker(undefined, [], env),
      (env: ReadonlyMap<string, string>) => machine.packages(env),
    ]) {
      expect(await ask(one.env)).not.toBe(await ask(other.env));
      expect(await ask(one.env)).toBe(await ask(same.env));
    }
    expect(await machine.tools(one.env)).not.toBe(await machine.tools(other.env));
    expect(await machine.linker("clang", [], one.env)).toBe("none");
  });

  it("digests the tools of one's own, and looks again in the next build", async () => {
    const { env, write } = programs({ cmake: "" });
    const store = fakeStore();
    const digests = [await new Machine(store, undefined).tools(env)];
    write("cmake", ": changed");
    digests.push(await new Machine(store, undefined).tools(env));
    write("unrelated", "");
    expect(await new Machine(store, undefined).tools(env)).toBe(digests[1]);
    expect(new Set(digests).size).toBe(2);
  });

  it("tells the state of a repository, that there is none, or that git does not tell", async () => {
    const repository = temporaryDirectory();
    const environment = new Map([
      ["PATH", process.env["PATH"] ?? ""],
      ["HOME", repository],
    ]);
    const git = () => new Machine(fakeStore(), undefined).git(repository, environment);
    expect(await git()).toBeUndefined();
    execFileSync("git", ["init", "-q", repository], { env: Object.fromEntries(environment) });
    const before = await git();
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    writeFileSync(join(repository, "new"), "");
    expect(await git()).not.toBe(before);
    expect(await new Machine(fakeStore(), undefined).git(repository, programs().env)).toBe("unknown");
  });

  it("finds the lockfile of the project, else of where the unit is, and reads it once", async () => {
    const root = temporaryDirectory();
    const lockfile = (version: string) =>
      `version = 4\n\n[[package]]\nname = "a"\nversion = "${version}"\nsource = "registry+https://x"\nchecksum = "ab"\n`;
    mkdirSync(join(root, "project/target"), { recursive: true });
    mkdirSync(join(root, "elsewhere"));
    writeFileSync(join(root, "project/Cargo.lock"), lockfile("1.0.0"));
    writeFileSync(join(root, "elsewhere/Cargo.lock"), lockfile("2.0.0"));
    const locked = async (machine: Machine, near: string) => {
      const { lockfile: index } = await machine.packageContext(join(root, near));
      return ["1.0.0", "2.0.0"].filter((version) => index?.("a", version).length === 1);
    };
    const ofProject = new Machine(fakeStore(), join(root, "project"));
    expect(await locked(ofProject, "elsewhere")).toEqual(["1.0.0"]);
    rmSync(join(root, "project/Cargo.lock"));
    expect(await locked(ofProject, "elsewhere")).toEqual(["1.0.0"]);
    const ofNone = new Machine(fakeStore(), undefined);
    expect(await locked(ofNone, "elsewhere")).toEqual(["2.0.0"]);
    expect(await locked(ofNone, "project")).toEqual([]);
  });
});
