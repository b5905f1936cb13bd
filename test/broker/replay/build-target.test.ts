// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuildTarget } from "../../../src/broker/replay/build-target.ts";
import { parseUnitGraph } from "../../../src/cargo/unit-graph.ts";
import { compileShim, remove, scratch } from "../../shim/harness.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

describe("the target directory of a build", () => {
  let home: string;
  let shim: string;

  beforeAll(async () => {
    home = await scratch();
    shim = join(home, "shim");
    await compileShim(shim);
  });
  afterAll(() => remove(home));

  function setting(...units: readonly { readonly profile: string; readonly platform?: string }[]) {
    const directory = join(temporaryDirectory(), "target");
    const graph = graphOf(units);
    const happened: string[] = [];
    const target = new BuildTarget({
      shim,
      blocked: () => happened.push("blocked"),
      startCargo: () => happened.push("Cargo started"),
    });
    const info = { lay: () => happened.push("rustc's answers laid down"), keep() {} };
    const build = {
      ...{ graph, cargo: "cargo 1.95.0", rustcInfo: info, artifacts: directory },
      place: { target: directory },
    };
    const isLocked = (profile: string) => {
      const lock = join(directory, profile, ".cargo-lock");
      return spawnSync("timeout", ["0.3", "flock", "-x", lock, "true"]).status !== 0;
    };
    return { directory, target, build, happened, isLocked };
  }

  const started = process.platform === "linux" ? ["Cargo started"] : [];

  it("is opened before the build is planned where nothing was built, and Cargo started", async () => {
    const { directory, target, build, happened } = setting(
      { profile: "release" },
      { profile: "release", platform: "/somewhere/board.json" },
    );
    await target.expect(build);
    expect(happened).toEqual(["rustc's answers laid down", ...started]);
    expect(readFileSync(join(directory, "CACHEDIR.TAG"), "utf8")).toMatch(/^Signature: 8a477f59/);
    const writer = await target.open(build, new Set(["board/release"]));
    await writer.perform([{ kind: "directory", path: join(directory, "here") }]);
    expect(existsSync(join(directory, "here"))).toBe(true);
    await expect(target.open(build, new Set(["debug"]))).rejects.toMatchObject({ code: "internal" });
    await target.close();
  });

  it("is opened when it is asked for where something was built", async () => {
    const { directory, target, build, happened } = setting({ profile: "test" });
    mkdirSync(join(directory, "debug/.fingerprint/a-1"), { recursive: true });
    await target.expect(build);
    expect(happened).toEqual([]);
    const writer = await target.open(build, new Set(["debug"]));
    expect(happened).toEqual(["rustc's answers laid down", ...started]);
    await writer.release();
  });

  it("is made with what the compiler answers where nothing is to be laid down", () => {
    const { directory, target, build, happened } = setting({ profile: "dev" });
    target.make(build);
    expect(happened).toEqual(["rustc's answers laid down"]);
    expect(readFileSync(join(directory, "CACHEDIR.TAG"), "utf8")).toMatch(/^Signature: 8a477f59/);
    expect(existsSync(join(directory, "debug"))).toBe(false);
  });

  it("is let go when nobody asks for it", async () => {
    const { target, build, isLocked } = setting({ profile: "dev" });
    await target.expect(build);
    expect(isLocked("debug")).toBe(true);
    await target.close();
    expect(isLocked("debug")).toBe(false);
  });

  it("cannot be opened where a file is in the way, and says so when it is asked for", async () => {
    const { directory, target, build, happened } = setting({ profile: "dev" });
    mkdirSync(directory);
    writeFileSync(join(directory, "debug"), "");
    await target.expect(build);
    await expect(target.open(build, new Set(["debug"]))).rejects.toThrow(/EEXIST|ENOTDIR/);
    expect(happened).toEqual([]);
    await target.close();
  });
});

function graphOf(units: readonly { readonly profile: string; readonly platform?: string }[]) {
  const parsed = parseUnitGraph(
    JSON.stringify({
      version: 1,
      units: units.map(({ profile, platform = null }) => ({
        pkg_id: "path+file:///w/a#0.1.0",
        target: {
          kind: ["lib"],
          crate_types: ["lib"],
          name: "a",
          src_path: "/w/a/src/lib.rs",
          edition: "2021",
          test: true,
          doctest: true,
          doc: true,
        },
        profile: { name: profile, incremental: false },
        platform,
        mode: "build",
        features: [],
        dependencies: [],
      })),
      roots: [0],
    }),
  );
  if (parsed.kind !== "graph") throw new Error(parsed.reason);
  return parsed.graph;
}
