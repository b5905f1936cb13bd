// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandText, findRoots, makeRoots, mentionsAbove, normaliseText } from "../../src/cargo/roots.ts";
import { GreenError } from "../../src/error.ts";

const roots = makeRoots({
  WORKSPACE: "/home/u/work/",
  TARGET: "/home/u/work/target",
  CARGO_HOME: "/home/u/.cargo",
  HOME: "/home/u",
  SYSROOT: "",
  OUT_DIR: undefined,
  PACKAGE: "relative",
});
const normalise = (text: string) => normaliseText(text, roots);

describe("makeRoots", () => {
  it("puts longer paths first and leaves out what is no place", () => {
    expect(roots.roots.map(({ name }) => name)).toEqual(["TARGET", "CARGO_HOME", "WORKSPACE", "HOME"]);
    expect(makeRoots({ HOME: "/", WORKSPACE: "/w" }).roots).toEqual([]);
    expect(makeRoots({ WORKSPACE: "/same", PACKAGE: "/same" }).roots.map(({ name }) => name)).toEqual([
      "PACKAGE",
      "WORKSPACE",
    ]);
  });
});

describe("the place of rustup", () => {
  it("is known by that of a toolchain, and no other program's is", () => {
    const rustup = makeRoots({ SYSROOT: "/opt/rustup/toolchains/stable", HOME: "/home/u" });
    expect(normaliseText("/opt/rustup", rustup)).toBe("@@green:RUSTUP_HOME@@");
    expect(normaliseText("/opt/rustup/toolchains/stable/lib", rustup)).toBe("@@green:SYSROOT@@/lib");
    expect(findRoots(Buffer.from("in /opt/rustup/settings.toml"), rustup)).toEqual(["RUSTUP_HOME"]);
    for (const SYSROOT of ["/usr", "/toolchains/stable", "/opt/toolchains/stable/more"]) {
      expect(makeRoots({ SYSROOT }).roots.map(({ name }) => name)).not.toContain("RUSTUP_HOME");
    }
  });
});

describe("normaliseText", () => {
  it.each([
    ["/home/u/work/target/debug", "@@green:TARGET@@/debug"],
    ["/home/u/work", "@@green:WORKSPACE@@"],
    ["/home/u/works", "@@green:HOME@@/works"],
    ["/home/u/.cargofoo", "@@green:HOME@@/.cargofoo"],
    ["/home/u/.cargo.bak/x", "@@green:HOME@@/.cargo.bak/x"],
    ["It is in /home/u/.cargo.", "It is in @@green:CARGO_HOME@@."],
    ["/mnt/home/u/work", "/mnt/home/u/work"],
    ["../home/u/work", "../home/u/work"],
    ["x/home/u", "x/home/u"],
    ["-L/home/u/work", "-L@@green:WORKSPACE@@"],
    ["--remap-path-prefix=/home/u/work=/home/u", "--remap-path-prefix=@@green:WORKSPACE@@=@@green:HOME@@"],
    ["/home/u/work:/home/u/.cargo", "@@green:WORKSPACE@@:@@green:CARGO_HOME@@"],
    ["\x1b[0m/home/u/work/a.rs:1", "\x1b[0m@@green:WORKSPACE@@/a.rs:1"],
    [
      '"rendered":"\\u001b[1m/home/u/a\\n/home/u/b"',
      '"rendered":"\\u001b[1m@@green:HOME@@/a\\n@@green:HOME@@/b"',
    ],
    ["@@green:HOME@@", "@@green:@@HOME@@"],
  ])("makes %j to %j", (text, expected) => {
    expect(normalise(text)).toBe(expected);
    expect(expandText(expected, roots)).toBe(text);
  });

  it("is undone by expandText, whatever the text and the roots", () => {
    const component = fc.stringMatching(/^[a-c.$(+é -]{1,4}$/);
    const path = fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join("/")}`);
    const places = fc.record(
      { OUT_DIR: path, TARGET: path, WORKSPACE: path, HOME: path },
      { requiredKeys: ["HOME"] },
    );
    const piece = fc.constantFrom(
      "@@green:",
      "@@",
      "HOME",
      "@",
      " ",
      ":",
      "/",
      "\n",
      "-L",
      "\\n",
      "\x1b[0m",
      "a",
    );
    fc.assert(
      fc.property(places, fc.array(fc.oneof(piece, path, fc.constant("ROOT"))), (where, pieces) => {
        const some = makeRoots(where);
        const text = pieces.join("").replaceAll("ROOT", some.roots[0]?.path ?? "");
        expect(expandText(normaliseText(text, some), some)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it("lets a text move to other places", () => {
    const there = makeRoots({
      WORKSPACE: "/ci",
      TARGET: "/ci/t",
      HOME: "/root",
      CARGO_HOME: "/usr/local/cargo",
    });
    const text = "/home/u/work/target/a /home/u/.cargo/registry/x /home/u";
    expect(expandText(normalise(text), there)).toBe("/ci/t/a /usr/local/cargo/registry/x /root");
  });

  it("refuses to expand the name of a place that is not known", () => {
    expect(() => expandText("@@green:SYSROOT@@/lib", roots)).toThrow(GreenError);
  });
});

describe("findRoots", () => {
  it("tells places apart that begin alike, in whatever order they stand", () => {
    const alike = makeRoots({
      ...{ HOME: "/home/user", CARGO_HOME: "/home/user/.cargo", WORKSPACE: "/home/user/w" },
      ...{ TARGET: "/home/use/target", PACKAGE: "/home/usual" },
    });
    const found = (text: string) => findRoots(Buffer.from(text), alike).sort();
    expect(found("/home/u /home/us /home/use /home/other/.cargo")).toEqual([]);
    expect(found("/home/us/home/usual/x")).toEqual(["PACKAGE"]);
    expect(found("/home/usual /home/use/target")).toEqual(["PACKAGE", "TARGET"]);
    expect(found("/home/use/target /home/user/.cargo/x")).toEqual(["CARGO_HOME", "HOME", "TARGET"]);
  });

  it("finds paths that lie back to back with other constants", () => {
    expect(findRoots(Buffer.from("called unwrap/home/u/work/targetcalled"), roots).sort()).toEqual([
      "HOME",
      "TARGET",
      "WORKSPACE",
    ]);
    expect(findRoots(Buffer.from("\0/home/user\0"), makeRoots({ WORKSPACE: "/home/u/w" }))).toEqual([]);
  });

  it("finds a root of one component at boundaries only", () => {
    const short = makeRoots({ WORKSPACE: "/src" });
    expect(findRoots(Buffer.from("memchr-2.7/src/lib.rs"), short)).toEqual([]);
    expect(findRoots(Buffer.from("/srcs/lib.rs"), short)).toEqual([]);
    expect(findRoots(Buffer.from("\0/srcs /src/lib.rs"), short)).toEqual(["WORKSPACE"]);
  });

  it("finds names outside of ASCII in either encoding", () => {
    const accented = makeRoots({ HOME: "/home/é" });
    expect(findRoots(Buffer.from("x /home/é/y", "utf8"), accented)).toEqual(["HOME"]);
    expect(findRoots(Buffer.from("x /home/é/y", "latin1"), accented)).toEqual(["HOME"]);
  });

  it("searches 50 MB in well under a second", () => {
    const bytes = Buffer.alloc(50_000_000, "/home/x/work/tar\0");
    const start = performance.now();
    expect(findRoots(bytes, roots)).toEqual([]);
    expect(performance.now() - start).toBeLessThan(1500);
  });
});

describe("mentionsAbove", () => {
  const places = makeRoots({
    PACKAGE: "/srv/ci/ws/member",
    TARGET: "/srv/ci/ws/target",
    OUT_DIR: "/srv/ci/ws/target/debug/build/member-1/out",
    HOME: "/home/u",
    CARGO_HOME: "/home/u/.cargo",
  });
  const above = (text: string, root = "/srv/ci/ws/member") => mentionsAbove(Buffer.from(text), root, places);

  it.each([
    "cargo::rustc-link-search=native=/srv/ci/ws/native",
    "/srv/ci/ws",
    "/srv/ci/ws/member2/x",
    "x/srv/ci/ws/target/debug/y /srv/ci/other",
  ])("finds this checkout's places that no root stands for: %s", (text) => {
    expect(above(text)).toBe(true);
  });

  it.each([
    "",
    "/srv/ci/ws/member/native /srv/ci/ws/target/debug/build/member-1/out/x /srv/ci/ws/target",
    "/usr/lib /home/u/.cargo/registry /srv/cinema",
  ])("does not mind roots and strangers: %s", (text) => {
    expect(above(text)).toBe(false);
  });

  it("takes what lies above HOME for everybody's", () => {
    const home = makeRoots({ PACKAGE: "/home/u/ws/member", HOME: "/home/u" });
    const says = (text: string) => mentionsAbove(Buffer.from(text), "/home/u/ws/member", home);
    expect(says("/home/u/.local/lib /home/other")).toBe(false);
    expect(says("/home/u/ws/native")).toBe(true);
  });
});
