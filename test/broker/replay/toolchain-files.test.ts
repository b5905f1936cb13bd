// SPDX-License-Identifier: MIT OR Apache-2.0
import { linkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toolchainFiles } from "../../../src/broker/replay/toolchain-files.ts";
import { parseCargoInvocation } from "../../../src/cargo/invocation.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { writeFiles } from "../../support/files.ts";

const HOST = "x86_64-unknown-linux-gnu";

/** A home with rustup's proxies and toolchains, and a compiler without rustup. */
function machine() {
  const root = temporaryDirectory();
  const toolchains = [`stable-${HOST}`, `nightly-${HOST}`, `nightly-2026-01-01-${HOST}`, "mine"];
  writeFiles(root, {
    "bin/rustup": "",
    "plain/cargo": "",
    "plain/rustc": "",
    ...Object.fromEntries(
      toolchains.flatMap((name) =>
        ["cargo", "rustc"].map((each) => [`rustup/toolchains/${name}/bin/${each}`, ""]),
      ),
    ),
  });
  symlinkSync("rustup", join(root, "bin/cargo"));
  linkSync(join(root, "bin/rustup"), join(root, "bin/rustc"));
  return {
    at: (path: string) => join(root, path),
    find: async (line: string, env: Readonly<Record<string, string>>, cwd = root) => {
      const variables = { PATH: join(root, "bin"), RUSTUP_HOME: join(root, "rustup"), ...env };
      const files = await toolchainFiles(parseCargoInvocation(line.split(" ")), variables, cwd);
      return files?.map((file) => file.replace(`${root}/`, "").replace("rustup/toolchains/", ""));
    },
  };
}

describe("the files that a toolchain changes with", () => {
  it("are those of a compiler on PATH", async () => {
    const { find, at } = machine();
    expect(await find("build", { PATH: `${at("none")}:${at("plain")}` })).toEqual([
      "plain/cargo",
      "plain/rustc",
    ]);
    expect(await find("build", { PATH: at("plain"), RUSTC: "bin/rustup", CARGO: "/none" })).toBeUndefined();
    expect(await find("build", { PATH: at("none") })).toBeUndefined();
  });

  it.each([
    ["build", { RUSTUP_TOOLCHAIN: `stable-${HOST}` }, `stable-${HOST}`],
    ["+nightly build", { RUSTUP_TOOLCHAIN: `stable-${HOST}` }, `nightly-${HOST}`],
    ["+nightly-2026-01-01 build", {}, `nightly-2026-01-01-${HOST}`],
    ["build", { RUSTUP_TOOLCHAIN: "mine" }, "mine"],
  ])("are also those that rustup leads to: %j %j", async (line, env, name) => {
    const { find } = machine();
    expect(await find(line, env)).toEqual(expect.arrayContaining([`${name}/bin/cargo`, `${name}/bin/rustc`]));
  });

  it.each([
    ["its default", {}, `stable-${HOST}`],
    ["a directory's override", { overrides: "mine" }, "mine"],
    [
      "a toolchain file",
      { "work/rust-toolchain.toml": '[toolchain]\nchannel = "nightly-2026-01-01"\n' },
      "nightly-2026-01-01",
    ],
    ["a toolchain file of old", { "work/rust-toolchain": "nightly\n" }, "nightly"],
    [
      "the nearest of them",
      { overrides: "mine", "work/deep/rust-toolchain": "nightly\n", "work/deep/rust-toolchain.toml": "?" },
      "nightly",
    ],
  ])("follow rustup's choice by %s", async (_, files, name) => {
    const { find, at } = machine();
    const { overrides, ...projects } = files as Readonly<Record<string, string>>;
    writeFiles(at("."), {
      "rustup/settings.toml": settings(overrides === undefined ? [] : [[at("work"), overrides]]),
      "work/deep/Cargo.toml": "",
      ...projects,
    });
    const directory = new RegExp(`^${name}(-${HOST})?/bin/(cargo|rustc)$`);
    const found = await find("build", {}, at("work/deep"));
    expect(found?.filter((file) => directory.test(file))).toHaveLength(2);
  });

  it("are unknown if rustup decides otherwise", async () => {
    const { find, at } = machine();
    expect(await find("build", {})).toBeUndefined();
    expect(await find("+beta build", {})).toBeUndefined();
    for (const texts of [
      { "rustup/settings.toml": settings([]).replace('"12"', '"13"') },
      { "rustup/settings.toml": settings([]).replace("stable", "absent") },
      { "rustup/settings.toml": settings([]), "rust-toolchain.toml": '[toolchain]\npath = "/elsewhere"\n' },
    ]) {
      writeFiles(at("."), texts);
      expect(await find("build", {})).toBeUndefined();
    }
  });
});

/** As rustup 1.29 writes them. */
function settings(overrides: readonly (readonly [directory: string, name: string])[]): string {
  const lines = overrides.map(([directory, name]) => `${JSON.stringify(directory)} = "${name}"`);
  return `version = "12"\ndefault_toolchain = "stable-${HOST}"\nprofile = "default"\n\n[overrides]\n${lines.join("\n")}\n`;
}
