// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import {
  mayCompile,
  optionValue,
  optionValues,
  ownArguments,
  parseCargoInvocation,
  withoutOption,
  wrapInvocation,
} from "../../src/cargo/invocation.ts";

const words = (line: string) => line.split(" ").filter((word) => word !== "");
const parse = (line: string) => parseCargoInvocation(words(line));

describe("parseCargoInvocation", () => {
  it.each([
    ["build --release", undefined, "build"],
    ["+nightly b", "nightly", "b"],
    ["-v --locked test --all", undefined, "test"],
    ["--config net.offline=true -Z unstable-options -C /w --color never check", undefined, "check"],
    ["--config=a.b=1 -Zunstable-options run", undefined, "run"],
    ["nextest run", undefined, "nextest"],
    ["--list", undefined, undefined],
    ["--config", undefined, undefined],
    ["", undefined, undefined],
  ])("finds the subcommand of %j", (line, toolchain, subcommand) => {
    const parsed = parse(line);
    expect(parsed).toMatchObject({ toolchain, subcommand });
    expect(parsed.args).toEqual(words(line).filter((word) => !word.startsWith("+")));
    expect(parsed.args[parsed.subcommandAt ?? -1]).toBe(subcommand);
  });

  it.each([
    ["build -q", true],
    ["--quiet build", true],
    ["build -vq", true],
    ["-qr build", true],
    ["build", false],
    ["test -- -q --quiet", false],
    ["build -Fsqlite", false],
    ["build -psqlx", false],
    ["build -rFsql", false],
    ["build --frequency", false],
    ["build -Zsequential", false],
  ])("knows if %j is quiet: %s", (line, quiet) => {
    expect(parse(line).quiet).toBe(quiet);
  });

  it.each([
    ["build -v", true],
    ["--verbose build", true],
    ["-rvv build", true],
    ["build", false],
    ["run -- -v", false],
    ["build -pserde_v8", false],
    ["--version", false],
  ])("knows if %j is verbose: %s", (line, verbose) => {
    expect(parse(line).verbose).toBe(verbose);
  });
});

describe("mayCompile", () => {
  it.each(["build", "b", "clippy", "nextest run", "my-alias", "+nightly doc", "install ripgrep"])(
    "%s: yes",
    (line) => {
      expect(mayCompile(parse(line))).toBe(true);
    },
  );

  it.each(["metadata --format-version 1", "fetch", "clean -p x", "--version", "+nightly", "fmt"])(
    "%s: no",
    (line) => {
      expect(mayCompile(parse(line))).toBe(false);
    },
  );
});

describe("optionValue", () => {
  it.each([
    ["build --manifest-path a/Cargo.toml", "a/Cargo.toml"],
    ["build --manifest-path=a=b", "a=b"],
    ["--manifest-path a --manifest-path=b", "b"],
    ["run -- --manifest-path a", undefined],
    ["build --manifest-path-like=a", undefined],
    ["build --manifest-path", undefined],
  ])("of %j is %s", (line, value) => {
    expect(optionValue(words(line), "--manifest-path")).toBe(value);
  });
});

describe("ownArguments", () => {
  it.each([
    ["+nightly -v build -r -p a", "-r -p a"],
    ["test name -p a -- --exact", "name -p a"],
    ["run -r a -p b", "-r"],
    ["r --bin one -j 2 a -p b", "--bin one -j 2"],
    ["run -qp one --bin -r -F=x -jfour a", "-qp one --bin -r -F=x -jfour"],
    ["run --features x --target-dir=t -- a", "--features x --target-dir=t"],
    ["run --example one", "--example one"],
    ["--list", ""],
  ])("of %j are %j", (line, own) => {
    expect(ownArguments(parse(line))).toEqual(words(own));
  });
});

describe("options that come more than once", () => {
  it("have all their values", () => {
    expect(optionValues(words("--config a -r --config=b=c --config"), "--config")).toEqual(["a", "b=c"]);
    expect(optionValues(words("--config a -- --config b"), "--config")).toEqual(["a"]);
  });

  it("are all taken away", () => {
    expect(withoutOption(words("-r --target-dir a --target-dir=b -v --target-dirs"), "--target-dir")).toEqual(
      words("-r -v --target-dirs"),
    );
  });
});

describe("wrapInvocation", () => {
  const wrap = (line: string) => {
    const { args, env } = wrapInvocation(parse(line), "/shim");
    return { line: args.join(" "), env };
  };
  const ours = '--config build.rustc-wrapper="/shim"';
  const variable = { CARGO_BUILD_RUSTC_WRAPPER: "/shim" };

  it.each([
    ["build -r", `${ours} build -r`, {}],
    ["--config a.b=1 build", `${ours} --config a.b=1 build`, {}],
    ["build --config a.b=1", `build ${ours} --config a.b=1`, {}],
    ["-v t --config=a.b=1 x", `-v t ${ours} --config=a.b=1 x`, {}],
    ["run -- --config x", `${ours} run -- --config x`, {}],
    ["clippy --fix", `clippy ${ours} --fix`, {}],
    ["nextest run", `${ours} nextest run`, variable],
    ["deny check --config deny.toml", `${ours} deny check --config deny.toml`, variable],
    ["my-alias --config a.b=1", `${ours} my-alias --config a.b=1`, variable],
    ["--list", "--list", {}],
  ])("makes %j use the shim", (line, wrapped, env) => {
    expect(wrap(line)).toEqual({ line: wrapped, env });
  });

  it("has so many jobs as are said", () => {
    const { args, env } = wrapInvocation(parse("build -r"), "/shim", 8);
    expect([args.join(" "), env]).toEqual([`${ours} --config build.jobs=8 build -r`, {}]);
  });

  it("quotes the shim's path as TOML does", () => {
    const { args } = wrapInvocation(parse("build"), '/a "b"\\c');
    expect(args[1]).toBe('build.rustc-wrapper="/a \\"b\\"\\\\c"');
  });
});
