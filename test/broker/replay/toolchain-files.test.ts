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
    find: async (line: string, env: Readonly<Record<string, string>>) => {
      const variables = { PATH: join(root, "bin"), RUSTUP_HOME: join(root, "rustup"), ...env };
      const files = await toolchainFiles(parseCargoInvocation(line.split(" ")), variables, root);
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

  it("are unknown if rustup decides by itself", async () => {
    const { find } = machine();
    expect(await find("build", {})).toBeUndefined();
    expect(await find("+beta build", {})).toBeUndefined();
  });
});
