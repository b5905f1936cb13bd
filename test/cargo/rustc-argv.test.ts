// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalArgs } from "../../src/cargo/canonical-args.ts";
import { parseRustcArgv, type RustcInvocation } from "../../src/cargo/rustc-argv.ts";

function parse(...argv: readonly string[]): RustcInvocation {
  const parsed = parseRustcArgv(argv);
  if ("uncacheable" in parsed) throw new Error(parsed.uncacheable);
  return parsed;
}

function refusal(...argv: readonly string[]): string | undefined {
  const parsed = parseRustcArgv(argv);
  return "uncacheable" in parsed ? parsed.uncacheable : undefined;
}

const canonical = (...argv: readonly string[]) => canonicalArgs(parse(...argv), (text) => text);

/** As cargo 1.95 wrote it for a binary with a build script, lints and RUSTFLAGS. */
const CARGO_LINE = [
  ..."--crate-name y --edition=2021 src/main.rs --error-format=json".split(" "),
  "--json=diagnostic-rendered-ansi,artifacts,future-incompat",
  ..."--crate-type bin --emit=dep-info,link -C opt-level=3 -C embed-bitcode=no -C codegen-units=3".split(" "),
  ..."-C debuginfo=2 -C split-debuginfo=unpacked --deny=unsafe_code --warn=unexpected_cfgs".split(" "),
  ..."-C overflow-checks=off --cfg".split(" "),
  'feature="default"',
  "--cfg",
  'feature="f"',
  "--check-cfg",
  'cfg(feature, values("default", "f"))',
  ..."-C metadata=f867b83d292e82f3 -C extra-filename=-ea57ad2e25a366b4 --out-dir /t/debug/deps".split(" "),
  ..."--target x86_64-unknown-linux-gnu -C linker=cc -C strip=symbols -L dependency=/t/debug/deps".split(" "),
  ..."--extern priv,noprelude:y=/t/debug/deps/liby-e5.rlib --extern proc_macro".split(" "),
  ..."-C target-cpu=x86-64-v3 -Clink-arg=-Wl,-O1 --cfg user -Wunused -g".split(" "),
  ..."-L native=/t/out -l static:+whole-archive=z:zz -C link-arg=-Wl,-O2 --cfg bs --cap-lints allow".split(
    " ",
  ),
];

describe("parseRustcArgv", () => {
  it("tells what Cargo wrote from what RUSTFLAGS added", () => {
    expect(parse(...CARGO_LINE)).toEqual({
      crateName: "y",
      crateTypes: ["bin"],
      edition: "2021",
      input: "src/main.rs",
      emit: ["dep-info", "link"],
      outDir: "/t/debug/deps",
      extraFilename: "-ea57ad2e25a366b4",
      metadata: ["f867b83d292e82f3"],
      features: ["default", "f"],
      cfgs: ["user", "bs"],
      checkCfgs: ['cfg(feature, values("default", "f"))'],
      lints: ["--deny=unsafe_code", "--warn=unexpected_cfgs", "--warn=unused"],
      capLints: ["allow"],
      externs: [
        { name: "y", options: "priv,noprelude", path: "/t/debug/deps/liby-e5.rlib" },
        { name: "proc_macro", options: "", path: undefined },
      ],
      searchPaths: [
        { kind: "dependency", path: "/t/debug/deps" },
        { kind: "native", path: "/t/out" },
      ],
      nativeLibs: [
        {
          kind: "static",
          modifiers: "+whole-archive",
          name: "z",
          rename: "zz",
          verbatim: "static:+whole-archive=z:zz",
        },
      ],
      target: "x86_64-unknown-linux-gnu",
      sysroot: undefined,
      test: false,
      profile: [
        ["opt-level", "3"],
        ["embed-bitcode", "no"],
        ["codegen-units", "3"],
        ["debuginfo", "2"],
        ["split-debuginfo", "unpacked"],
        ["overflow-checks", "off"],
        ["metadata", "f867b83d292e82f3"],
        ["extra-filename", "-ea57ad2e25a366b4"],
        ["linker", "cc"],
        ["strip", "symbols"],
      ].map(([name, value]) => ({ name, value, text: `${name}=${value}` })),
      linkArgs: [
        { name: "link-arg", value: "-Wl,-O1", text: "link-arg=-Wl,-O1" },
        { name: "link-arg", value: "-Wl,-O2", text: "link-arg=-Wl,-O2" },
      ],
      presentation: ["--error-format=json", "--json=diagnostic-rendered-ansi,artifacts,future-incompat"],
      rest: ["-C", "target-cpu=x86-64-v3", "-g"],
      fileInputs: [],
    });
  });

  it("labels the pieces as a person names them", () => {
    expect(canonical(...CARGO_LINE)).toEqual({
      "crate name": "y",
      "crate types": "bin",
      source: "src/main.rs",
      edition: "2021",
      emit: "dep-info link",
      target: "x86_64-unknown-linux-gnu",
      features: "default f",
      cfg: "user bs",
      "check-cfg": '"cfg(feature, values(\\"default\\", \\"f\\"))"',
      lints: "--deny=unsafe_code --warn=unexpected_cfgs --warn=unused",
      "cap-lints": "allow",
      externs: "priv,noprelude:y proc_macro@sysroot",
      "search paths": "native=/t/out",
      "native libraries": "static:+whole-archive=z:zz",
      "link arguments": "link-arg=-Wl,-O1 link-arg=-Wl,-O2",
      "profile opt-level": "3",
      "profile embed-bitcode": "no",
      "profile codegen-units": "3",
      "profile debuginfo": "2",
      "profile split-debuginfo": "unpacked",
      "profile overflow-checks": "off",
      "-C metadata": "f867b83d292e82f3",
      "-C extra-filename": "-ea57ad2e25a366b4",
      linker: "cc",
      "profile strip": "symbols",
      RUSTFLAGS: "-C target-cpu=x86-64-v3 -g",
    });
  });

  it.each([
    [["-Copt-level=3"], ["-Copt_level=3"]],
    [
      ["-C", "opt-level=3"],
      ["-C", "opt_level=3"],
    ],
    [["--codegen=lto=fat"], ["-Clto=fat"]],
    [["--C=lto"], ["--codegen", "lto"]],
    [
      ["-Ddead_code", "-Aunused"],
      ["--deny", "dead_code", "--allow=unused"],
    ],
    [["-lz"], ["-l", "z"]],
    [["-Lnative=/x"], ["-L", "native=/x"]],
    [["--emit", "dep-info,link"], ["--emit=dep-info,link"]],
    [["-gO"], ["-g", "-O"]],
    [["-vg"], ["-g"]],
    [["--out-dir", "/a"], ["--out-dir=/b"]],
    [["-L", "dependency=/a"], []],
    [["--extern", "a=/x.rmeta"], ["--extern=a=/y.rlib"]],
    [["--color", "always"], ["--error-format=short"]],
  ])("reads %j as %j", (one, other) => {
    const base = ["--crate-name", "a", "a.rs"];
    expect(canonical(...base, ...one)).toEqual(canonical(...base, ...other));
  });

  it.each([
    ["incremental", ["-C", "incremental=/i"]],
    ["the processor", ["-Ctarget_cpu=native"]],
    ["the processor", ["--codegen", "target-cpu=native"]],
    ["the processor", ["-Z", "tune-cpu=native"]],
    ["the processor", ["-C", "llvm-args=-mcpu=native"]],
    ["the processor", ["-Clink-arg=-march=native"]],
    ["-o names", ["-o", "x"]],
    ["--emit names", ["--emit", "dep-info,link=x"]],
    ["from a file", ["@args"]],
    ["information", ["--print", "cfg"]],
    ["information", ["-vV"]],
    ["information", ["-Whelp"]],
    ["temporary files", ["-Csave-temps"]],
    ["profiling", ["-C", "profile-generate"]],
    ["-Z self-profile", ["-Zself-profile=/d"]],
    ["-Z dump-mir", ["-Z", "dump_mir=all"]],
    ["another file", ["-Clink-arg=-Wl,-Map=/x.map"]],
    ["another file", ["-Clink-args=-v -o y"]],
    ["several inputs", ["b.rs"]],
    ["given twice", ["--edition=2018", "--edition", "2021"]],
    ["no value", ["--cfg"]],
    ["unknown option", ["-q"]],
  ])("says that it cannot cache because of %s: %j", (reason, args) => {
    expect(refusal("--crate-name", "a", "a.rs", ...args)).toContain(reason);
  });

  it("does not cache probes and standard input", () => {
    expect(refusal("--crate-name", "___", "-", "--print=file-names")).toBe("it names no crate");
    expect(refusal("--crate-name", "x", "-")).toContain("standard input");
    expect(refusal("a.rs")).toBe("it names no crate");
    expect(refusal("--crate-name", "x")).toBe("it has no input");
  });

  it("names files that dep-info does not mention", () => {
    const { fileInputs } = parse(
      ..."--crate-name a a.rs -Cprofile-use=/p.profdata --target specs/my.json -Clink-arg=-Tlink.x".split(
        " ",
      ),
      ..."-Clink-arg=-Wl,--version-script=v.map -Clink-args=-nostdlib -Clink-arg=crt/start.o".split(" "),
      ..."-Clink-arg=-Wl,-rpath,/r -Clink-arg=-Ttext=0x100 -Clink-arg=-fuse-ld=mold".split(" "),
    );
    expect(fileInputs).toEqual([
      { option: "profile-use", path: "/p.profdata" },
      { option: "link-arg", path: "link.x" },
      { option: "link-arg", path: "v.map" },
      { option: "link-arg", path: "crt/start.o" },
      { option: "link-arg", path: "/r" },
      { option: "target", path: "specs/my.json" },
    ]);
  });

  it("normalises paths wherever they stand in an argument", () => {
    const normalise = (text: string) => text.replaceAll("/home/u", "~");
    const line =
      "--crate-name a /home/u/a.rs --remap-path-prefix=/home/u=x -Lnative=/home/u/l -Clinker=/home/u/cc";
    const pieces = canonicalArgs(parse(...line.split(" ")), normalise);
    expect(JSON.stringify(pieces)).not.toContain("/home/u");
  });
});

describe("canonicalArgs", () => {
  const word = fc.stringMatching(/^[a-z=,:" -]{0,4}[a-z]$/);
  const levels = fc.constantFrom("-A", "-W", "-D", "-F", "--force-warn");
  const codegen = fc.constantFrom(
    "opt-level",
    "debuginfo",
    "panic",
    "relro-level",
    "link-arg",
    "metadata",
    "linker",
  );
  /** One option with a meaning, as the arguments it takes. */
  const option = fc.oneof(
    word.map((w) => ["--cfg", w]),
    word.map((w) => ["--cfg", `feature="${w.replaceAll('"', "")}"`]),
    word.map((w) => ["--check-cfg", w]),
    fc.tuple(levels, fc.constantFrom("unused", "dead_code")),
    fc
      .tuple(codegen, word, fc.boolean())
      .map(([name, w, joined]) => (joined ? [`-C${name}=x${w}`] : ["-C", `${name}=x${w}`])),
    word.map((w) => ["-Z", `x-${w}`]),
    word.map((w) => ["-l", `lib${w}`]),
    word.map((w) => ["-L", `native=${w}`]),
    word.map((w) => ["--extern", `e${w.replaceAll(/[=:]/g, "")}=/p`]),
    fc.constantFrom("rlib", "cdylib", "staticlib").map((type) => ["--crate-type", type]),
    fc.constantFrom("link", "metadata", "asm").map((kind) => [`--emit=${kind}`]),
    fc.constantFrom(["-g"], ["-O"]),
    word.map((w) => ["--remap-path-prefix", `/${w}=x`]),
  );
  const neutral = fc.oneof(
    word.map((w) => ["-L", `dependency=${w}`]),
    fc.constantFrom(["--json=future-incompat"], ["--json=artifacts"], ["-v"]),
  );
  const line = (options: readonly (readonly string[])[]) => ["--crate-name", "a", "a.rs", ...options.flat()];

  it("differs whenever an option with a meaning is added, dropped or changed", () => {
    fc.assert(
      fc.property(fc.array(option), fc.array(option), (one, other) => {
        const equal = JSON.stringify(meaning(one)) === JSON.stringify(meaning(other));
        fc.pre(!equal);
        expect(canonical(...line(one))).not.toEqual(canonical(...line(other)));
      }),
      { numRuns: 300 },
    );
  });

  it("differs when options that the compiler reads in order are swapped", () => {
    const swappable = fc.oneof(
      fc.tuple(levels, fc.constant("unused")),
      fc.constantFrom("1", "2", "3").map((n) => ["-C", `opt-level=${n}`]),
      fc.constantFrom("a", "b").map((n) => [`-Clink-arg=${n}`]),
    );
    fc.assert(
      fc.property(fc.array(option), swappable, swappable, (before, one, other) => {
        fc.pre(one[0] !== other[0] || one[1] !== other[1]);
        fc.pre(group(one) === group(other));
        const forth = canonical(...line([...before, one, other]));
        expect(canonical(...line([...before, other, one]))).not.toEqual(forth);
      }),
    );
  });

  it("does not change with output directory, dependency directories and presentation", () => {
    fc.assert(
      fc.property(fc.array(option), fc.array(neutral), word, (options, added, directory) => {
        const with_ = canonical(...line([...added, ...options]), "--out-dir", directory);
        expect(with_).toEqual(canonical(...line(options), "--out-dir", "/elsewhere"));
      }),
    );
  });

  /** What a list of options comes to: the options of each kind, in order. */
  function meaning(options: readonly (readonly string[])[]): readonly string[] {
    return options
      .map((each) =>
        each
          .join("\0")
          .replace(/^-C\0/, "-C")
          .replace(/^--emit=/, "--emit\0"),
      )
      .sort();
  }
  function group([name = "", value = ""]: readonly string[]): string {
    if (name.startsWith("-Clink-arg") || value.startsWith("opt-level"))
      return name.slice(0, 10) + value.slice(0, 9);
    return "lint";
  }
});
