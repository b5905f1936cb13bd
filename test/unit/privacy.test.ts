// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import { decidePrivacy, type PrivacyFacts, type PublicLists } from "../../src/unit/privacy.ts";
import type { Privacy, UnitKind } from "../../src/unit/record.ts";

const OWN: PrivacyFacts["package"] = { source: "crates-io", immutable: true, lockedSource: undefined };
const IDENTITY: PrivacyFacts["identity"] = { profile: "release", triple: "x86_64-unknown-linux-gnu" };
const PUBLIC: PrivacyFacts = {
  package: OWN,
  identity: IDENTITY,
  dependencies: [],
  foreignEnv: [],
  sandbox: { mode: "native", network: false },
  particular: undefined,
  bindings: [],
};
const NOTHING: PublicLists = { publicRegistries: [], publicGit: [], allowEnv: [] };

function on(name: string, privacy: Privacy, kind: UnitKind = "lib"): PrivacyFacts["dependencies"][number] {
  return { identity: { package: name, kind }, privacy };
}

const from = (own: Partial<PrivacyFacts["package"]>): Partial<PrivacyFacts> => ({
  package: { ...OWN, ...own },
});
const open: Privacy = { class: "public", reason: "crates.io" };
const home = { root: "CARGO_HOME", path: "/home/u/.cargo" };
const decide = (facts: Partial<PrivacyFacts> = {}, lists: Partial<PublicLists> = {}) =>
  decidePrivacy({ ...PUBLIC, ...facts }, { ...NOTHING, ...lists });

describe("decidePrivacy", () => {
  it("lets a unit be public only if all about it is known to be", () => {
    expect(decide().class).toBe("public");
    expect(decide({ dependencies: [on("a", open), on("b", open, "proc-macro")] }).class).toBe("public");
  });

  it.each<readonly [string, Partial<PrivacyFacts>]>([
    ["path package", from({ source: "path" })],
    ["vendored sources", from({ source: "vendored" })],
    ["from a registry that is not listed as public", from({ source: "registry" })],
    ["from a git repository that is not listed as public", from({ source: "git" })],
    [
      "from a registry in crates.io's place that is not listed as public",
      from({ mirror: "crates.acme.dev" }),
    ],
    ["from a registry in crates.io's place that is not listed as public", from({ mirror: "" })],
    ["no checksum pins its sources", from({ immutable: false })],
    ["made without a sandbox", { sandbox: { mode: "none", network: true } }],
    ["made with access to the network", { sandbox: { mode: "bwrap", network: true } }],
    [
      "compiled for a target that rustc does not bring (x86_64-acme)",
      { identity: { ...IDENTITY, triple: "x86_64-acme" } },
    ],
    ["built with a profile of your own (acme)", { identity: { ...IDENTITY, profile: "acme" } }],
    [
      "compiled with RUSTFLAGS of your own (-Z x)",
      { particular: "compiled with RUSTFLAGS of your own (-Z x)" },
    ],
    ["read the environment variable MY_TOKEN", { foreignEnv: ["MY_TOKEN", "OTHER"] }],
    ["its output contains the path of CARGO_HOME", { bindings: [home] }],
  ])("makes it private and says why: %s", (reason, facts) => {
    expect(decide(facts)).toEqual({ class: "private", reason });
  });

  it("believes the lists of what is public, but for what nothing pins and for secrets", () => {
    const registry = { source: "registry", lockedSource: "sparse+https://crates.acme.dev/index/" } as const;
    const git = { source: "git", lockedSource: "git+https://github.com/acme/open?rev=1#abc" } as const;
    const lists = {
      publicRegistries: ["https://crates.acme.dev/index"],
      publicGit: ["https://github.com/acme/open.git"],
      allowEnv: ["STAGE", "ACME_TOKEN"],
    };
    expect(decide(from(registry), lists).class).toBe("public");
    expect(decide(from(git), lists).class).toBe("public");
    expect(decide({ foreignEnv: ["STAGE"] }, lists).class).toBe("public");
    expect(decide(from({ mirror: "crates.acme.dev" }), lists).class).toBe("public");
    expect(decide(from({ ...registry, lockedSource: git.lockedSource }), lists).class).toBe("private");
    expect(decide(from({ ...git, lockedSource: registry.lockedSource }), lists).class).toBe("private");
    expect(decide(from({ ...registry, lockedSource: undefined }), lists).class).toBe("private");
    expect(decide(from({ ...git, immutable: false }), lists).class).toBe("private");
    expect(decide(from({ mirror: "other.acme.dev" }), lists).class).toBe("private");
    expect(decide({ foreignEnv: ["STAGE", "OTHER"] }, lists).reason).toBe(
      "read the environment variable OTHER",
    );
    expect(decide({ foreignEnv: ["ACME_TOKEN"] }, lists).class).toBe("private");
  });

  it("makes all that stands on a private unit private, and names the way to the cause", () => {
    const derive = decide(from({ source: "path" }));
    const above = decide({ dependencies: [on("serde", open), on("acme-derive", derive, "proc-macro")] });
    expect(above).toEqual({
      class: "private",
      reason: "depends on acme-derive (proc-macro, path package)",
      through: [{ package: "acme-derive", kind: "proc-macro" }],
      cause: "path package",
    });
    const further = decide({ dependencies: [on("serde_with", above)] });
    expect(further.reason).toBe("depends on serde_with → acme-derive (proc-macro, path package)");
    expect(decide({ dependencies: [on("api", further)] })).toEqual({
      class: "private",
      reason: "depends on api → serde_with → acme-derive (proc-macro, path package)",
      through: [
        { package: "api", kind: "lib" },
        { package: "serde_with", kind: "lib" },
        { package: "acme-derive", kind: "proc-macro" },
      ],
      cause: "path package",
    });
  });

  it("takes the units of one package for one step of the way", () => {
    const run = decide({ dependencies: [on("ring", decide({ bindings: [home] }), "build-script-run")] });
    expect(decide({ dependencies: [on("ring", run)] }).reason).toBe(
      "depends on ring (build script, its output contains the path of CARGO_HOME)",
    );
  });

  it("names the nearest cause of several", () => {
    const all: Partial<PrivacyFacts> = {
      ...from({ source: "path", immutable: false }),
      dependencies: [on("a", { class: "private", reason: "x" })],
      foreignEnv: ["FOO"],
      sandbox: { mode: "none", network: true },
      bindings: [home],
    };
    expect(decide(all).reason).toBe("path package");
    const fetched = { ...all, package: OWN };
    expect(decide(fetched).reason).toBe("its output contains the path of CARGO_HOME");
    expect(decide({ ...fetched, bindings: [] }).reason).toBe("read the environment variable FOO");
    expect(decide({ ...fetched, bindings: [], foreignEnv: [] }).reason).toBe("depends on a (x)");
  });
});
