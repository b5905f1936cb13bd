// SPDX-License-Identifier: MIT OR Apache-2.0
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { graphKey } from "../../../src/broker/replay/graph-key.ts";
import { parseCargoInvocation } from "../../../src/cargo/invocation.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

type Environment = Readonly<Record<string, string>>;

function key(line: string, env: Environment = {}, cwd = "/work", toolchain: readonly string[] = []): string {
  return graphKey({ invocation: parseCargoInvocation(line.split(" ")), env, cwd, toolchain });
}

describe("what a graph is remembered under", () => {
  it("is what Cargo is told, and where", () => {
    const lines = ["build", "build -r", "check", "+nightly build", "-q build", "test", "test a", "run", "b"];
    expect(new Set(lines.map((line) => key(line))).size).toBe(lines.length);
    expect(key("build", {}, "/other")).not.toBe(key("build"));
  });

  it("is not what programs are told", () => {
    expect(key("run a b")).toBe(key("run c"));
    expect(key("test -- a")).toBe(key("test"));
  });

  it("is each variable that configures Cargo, rustup or the compiler", () => {
    const names = [
      "RUSTFLAGS",
      "CARGO_INCREMENTAL",
      "CARGO_PROFILE_DEV_LTO",
      "RUSTC",
      "RUSTUP_TOOLCHAIN",
      "HOME",
    ];
    const keys = names.flatMap((name) => ["a", "b"].map((value) => key("build", { [name]: value })));
    expect(new Set([...keys, key("build")]).size).toBe(keys.length + 1);
  });

  it.each(["LANG", "CARGOGREEN_SOCKET", "CARGO_TERM_COLOR", "CARGO_REGISTRY_TOKEN", "RUST_BACKTRACE"])(
    "is not %s",
    (name) => expect(key("build", { [name]: "a" })).toBe(key("build")),
  );

  it("is the toolchain's files, as they are", () => {
    const rustc = join(temporaryDirectory(), "rustc");
    writeFileSync(rustc, "one");
    const before = key("build", {}, "/work", [rustc]);
    expect(key("build", {}, "/work", [rustc])).toBe(before);
    appendFileSync(rustc, "two");
    expect(key("build", {}, "/work", [rustc])).not.toBe(before);
  });
});
