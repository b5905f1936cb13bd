// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import { decidePrivacy, type PrivacyFacts } from "../../src/unit/privacy.ts";
import type { Privacy, UnitKind } from "../../src/unit/record.ts";

const PUBLIC: PrivacyFacts = {
  source: "crates-io",
  immutable: true,
  dependencies: [],
  foreignEnv: [],
  sandbox: { mode: "native", network: false },
  bindings: [],
};

function on(name: string, privacy: Privacy, kind: UnitKind = "lib"): PrivacyFacts["dependencies"][number] {
  return { identity: { package: name, kind }, privacy };
}

const open: Privacy = { class: "public", reason: "crates.io" };
const home = { root: "CARGO_HOME", path: "/home/u/.cargo" };

describe("decidePrivacy", () => {
  it("lets a unit be public only if all about it is known to be", () => {
    expect(decidePrivacy(PUBLIC).class).toBe("public");
    expect(
      decidePrivacy({ ...PUBLIC, dependencies: [on("a", open), on("b", open, "proc-macro")] }).class,
    ).toBe("public");
  });

  it.each<readonly [string, Partial<PrivacyFacts>]>([
    ["path package", { source: "path" }],
    ["vendored sources", { source: "vendored" }],
    ["from a registry that is not listed as public", { source: "registry" }],
    ["from a git repository that is not listed as public", { source: "git" }],
    ["no checksum pins its sources", { immutable: false }],
    ["made without a sandbox", { sandbox: { mode: "none", network: true } }],
    ["made with access to the network", { sandbox: { mode: "bwrap", network: true } }],
    ["read the environment variable MY_TOKEN", { foreignEnv: ["MY_TOKEN", "OTHER"] }],
    ["its output contains the path of CARGO_HOME", { bindings: [home] }],
  ])("makes it private and says why: %s", (reason, facts) => {
    expect(decidePrivacy({ ...PUBLIC, ...facts })).toEqual({ class: "private", reason });
  });

  it("makes all that stands on a private unit private, and names the way to the cause", () => {
    const derive = decidePrivacy({ ...PUBLIC, source: "path" });
    const above = decidePrivacy({
      ...PUBLIC,
      dependencies: [on("serde", open), on("acme-derive", derive, "proc-macro")],
    });
    expect(above).toEqual({ class: "private", reason: "depends on acme-derive (proc-macro, path package)" });
    expect(decidePrivacy({ ...PUBLIC, dependencies: [on("serde_with", above)] })).toEqual({
      class: "private",
      reason: "depends on serde_with (depends on acme-derive (proc-macro, path package))",
    });
  });

  it("names the nearest cause of several", () => {
    const all: PrivacyFacts = {
      source: "path",
      immutable: false,
      dependencies: [on("a", { class: "private", reason: "x" })],
      foreignEnv: ["FOO"],
      sandbox: { mode: "none", network: true },
      bindings: [home],
    };
    expect(decidePrivacy(all).reason).toBe("path package");
    expect(decidePrivacy({ ...all, source: "crates-io", immutable: true }).reason).toBe("depends on a (x)");
  });
});
