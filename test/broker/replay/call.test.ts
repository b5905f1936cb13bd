// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ROLES, type ShimRequest } from "../../../src/broker/protocol.ts";
import { requestOf, storeCall } from "../../../src/broker/replay/call.ts";
import { makeRoots, type PathRoots } from "../../../src/cargo/roots.ts";

/** A machine: its places, and the user's environment. */
interface Machine {
  readonly roots: PathRoots;
  readonly places: Readonly<Record<string, string>>;
  readonly ambient: ReadonlyMap<string, string>;
}

function machine(home: string, work: string, ambient: Readonly<Record<string, string>> = {}): Machine {
  const places = {
    WORKSPACE: `${work}/ws`,
    TARGET: `${work}/ws/target`,
    CARGO_HOME: `${home}/.cargo`,
    SYSROOT: `${home}/.rustup/toolchains/stable`,
    HOME: home,
  };
  return { roots: makeRoots(places), places, ambient: new Map(Object.entries(ambient)) };
}

const ONE = machine("/home/one", "/srv/src");
const TWO = machine("/Users/two", "/home/two/a b");

/** A text in which paths of a machine stand between other things. */
type Text = readonly (string | { readonly place: string; readonly rest: string })[];

const separators = fc.constantFrom("", " ", "=", ":", ",", '"', "\n", "-L ", "--extern leaf=");
const place = fc.record({
  place: fc.constantFrom(...Object.keys(ONE.places)),
  rest: fc.constantFrom("", "/", "/src/lib.rs", "/deps/libleaf-0123456789abcdef.rmeta", "/a b/ü"),
});
/** Words, and what looks as if it had been through the mill already. */
const words = fc.constantFrom(
  "opt-level=3",
  "--test",
  "é",
  "@@green:HOME@@",
  "@@green:@@",
  "@",
  "x/home/one",
);
const texts: fc.Arbitrary<Text> = fc.oneof(
  words.map((word) => [word]),
  fc.tuple(separators, place).map(([before, path]) => (before === "" ? [path] : [before, path])),
  fc.tuple(place, place).map(([a, b]) => [a, " ", b]),
);

function said(text: Text, { places }: Machine): string {
  return text
    .map((part) => (typeof part === "string" ? part : (places[part.place] ?? "") + part.rest))
    .join("");
}

interface Call {
  readonly role: ShimRequest["role"];
  readonly argv: readonly Text[];
  readonly cwd: Text;
  readonly env: Readonly<Record<string, Text>>;
  /** What is put before the user's own list. */
  readonly libraries: Text;
}

const calls: fc.Arbitrary<Call> = fc.record({
  role: fc.constantFrom(...ROLES),
  argv: fc.array(texts),
  cwd: place.map((path) => [path]),
  env: fc.dictionary(
    fc.constantFrom(
      "CARGO_PKG_NAME",
      "OUT_DIR",
      "CARGO_MANIFEST_DIR",
      "DEP_Z_ROOT",
      "WORD",
      "CARGO_FEATURE_STD",
    ),
    texts,
  ),
  libraries: place.map((path) => [path]),
});

/** What Cargo asks for on a machine. */
function asked({ role, argv, cwd, env, libraries }: Call, at: Machine): ShimRequest {
  const whole = new Map(at.ambient);
  for (const [name, text] of Object.entries(env)) whole.set(name, said(text, at));
  const theirs = at.ambient.get("LD_LIBRARY_PATH");
  const ours = said(libraries, at);
  whole.set("LD_LIBRARY_PATH", theirs === undefined ? ours : `${ours}:${theirs}`);
  return { role, argv: argv.map((text) => said(text, at)), cwd: said(cwd, at), env: whole };
}

describe("a stored call", () => {
  const users = fc.dictionary(
    fc.constantFrom("PATH", "LD_LIBRARY_PATH", "EDITOR", "CC", "LANG", "CARGO_HOME"),
    fc.constantFrom("", "/usr/bin:/bin", "/opt/lib", "vi"),
  );

  it("is, on another machine, what Cargo asks there, whatever the users' variables are", () => {
    fc.assert(
      fc.property(calls, users, users, (call, one, two) => {
        const [from, to] = [
          { ...ONE, ambient: new Map(Object.entries(one)) },
          { ...TWO, ambient: new Map(Object.entries(two)) },
        ];
        const stored = storeCall(asked(call, from), from.ambient, from.roots);
        if (stored === undefined) throw new Error("it was not stored");
        expect(JSON.stringify(stored)).not.toMatch(/(?<!x)\/home\/one|\/srv\/src/);
        // A variable of the user's that Cargo set to the same value is no longer known to be Cargo's.
        const hidden = Object.keys(call.env).filter(
          (name) => name === "WORD" && from.ambient.get(name) === said(call.env[name] ?? [], from),
        );
        fc.pre(hidden.length === 0);
        const request = requestOf(stored, to.ambient, to.roots);
        expect({ ...request, env: new Map(request.env) }).toEqual(asked(call, to));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps what is the user's out of it, and what says nothing about the result", () => {
    const ambient = new Map([
      ["SECRET_TOKEN", "s3cret"],
      ["EDITOR", "vi"],
    ]);
    const env = new Map([
      ...ambient,
      ["NUM_JOBS", "8"],
      ["CARGO_MAKEFLAGS", "-j"],
      ["OUT_DIR", "/srv/src/ws/target/out"],
    ]);
    const stored = storeCall({ role: "build-script", argv: ["x"], cwd: "/", env }, ambient, ONE.roots);
    expect(stored).toMatchObject({ env: { OUT_DIR: "@@green:TARGET@@/out" }, before: {} });
    expect(Object.keys(stored?.env ?? {})).toEqual(["OUT_DIR"]);
  });

  it("takes what rustup sets from whoever builds, if that has it", () => {
    const env = new Map([
      ["RUSTUP_TOOLCHAIN", "stable"],
      ["CARGO_HOME", ONE.places["CARGO_HOME"] ?? ""],
    ]);
    const stored = storeCall({ role: "rustc", argv: [], cwd: "/", env }, new Map(), ONE.roots);
    if (stored === undefined) throw new Error("it was not stored");
    expect(new Map(requestOf(stored, new Map([["RUSTUP_TOOLCHAIN", "1.95"]]), TWO.roots).env)).toEqual(
      new Map([
        ["RUSTUP_TOOLCHAIN", "1.95"],
        ["CARGO_HOME", TWO.places["CARGO_HOME"] ?? ""],
      ]),
    );
  });

  it("keeps what rustup has set before us for who starts us without it", () => {
    const proxied = new Map([
      ["RUST_RECURSION_COUNT", "1"],
      ["RUSTUP_TOOLCHAIN", "stable"],
      ["CARGO_HOME", ONE.places["CARGO_HOME"] ?? ""],
    ]);
    const stored = storeCall({ role: "rustc", argv: [], cwd: "/", env: proxied }, proxied, ONE.roots);
    if (stored === undefined) throw new Error("it was not stored");
    expect(new Map(requestOf(stored, new Map(), TWO.roots).env)).toEqual(
      new Map([
        ["RUSTUP_TOOLCHAIN", "stable"],
        ["CARGO_HOME", TWO.places["CARGO_HOME"] ?? ""],
      ]),
    );
    const withoutRustup = new Map([["CARGO_HOME", "/c"]]);
    const call = { role: "rustc", argv: [], cwd: "/", env: withoutRustup } as const;
    expect(storeCall(call, withoutRustup, ONE.roots)?.env).toEqual({});
  });

  it("is none where Cargo did more to a list than to put directories before it", () => {
    for (const [theirs, value] of [
      ["/usr/bin", "/usr/bin:/more"],
      ["/bin", "/usr/bin"],
      ["/a", ""],
    ]) {
      const request = { role: "rustc", argv: [], cwd: "/", env: new Map([["PATH", value ?? ""]]) } as const;
      expect(storeCall(request, new Map([["PATH", theirs ?? ""]]), ONE.roots)).toBeUndefined();
    }
  });

  it("needs all of its places", () => {
    const request = { role: "rustc", argv: ["/srv/src/ws/src/lib.rs"], cwd: "/", env: new Map() } as const;
    const stored = storeCall(request, new Map(), ONE.roots);
    if (stored === undefined) throw new Error("it was not stored");
    expect(() => requestOf(stored, new Map(), makeRoots({}))).toThrow("WORKSPACE");
  });
});
