// SPDX-License-Identifier: MIT OR Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edit, writeFiles } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { dependsOn, manifest, textCrate } from "../support/projects.ts";
import { onlyGreen, PLAIN, REPLAYS, Sandbox } from "../support/sandbox.ts";
import { withoutGreen } from "../support/summary.ts";

const WARNS = `pub fn unused_argument(argument: u8) {}

pub fn text() -> &'static str {
    let unused = 1;
    leaf::leaf()
}
`;

/** Cargo names what it starts a compiler for: what is laid down before, it finds fresh and passes over. */
function asCargoSays(stderr: string): string {
  const said = withoutGreen(stderr);
  return REPLAYS && !PLAIN ? said.replace(/^ +Compiling .*\n/gm, "") : said;
}

describe("what the compiler says", () => {
  let sandbox: Sandbox;
  let original: string;
  let checkouts = 0;

  beforeAll(async () => {
    sandbox = new Sandbox();
    sandbox.publish(textCrate("leaf", "leaf"));
    original = sandbox.project("original", {
      "Cargo.toml": manifest("chatty", dependsOn("leaf")),
      "src/lib.rs": WARNS,
    });
    await sandbox.cargo(["generate-lockfile"], { in: original });
  });
  afterAll(() => sandbox.dispose());

  const checkout = () => sandbox.checkout(original, `checkout-${++checkouts}`);

  it("is the same for a failing build as plain cargo's, byte for byte, and is said again each time", async () => {
    const project = checkout();
    // Cargo says "waiting for other jobs" where a dependency is still being compiled as its dependent fails.
    await sandbox.cargo(["build", "--package", "leaf"], { in: project });
    writeFiles(project, { "src/lib.rs": `pub fn broken() -> u8 { "text" }\n` });
    const plain = await sandbox.cargo(["build"], { in: project, expect: 101 });
    expect(plain.stderr).toContain("error[E0308]");
    for (const _ of [1, 2]) {
      const green = await sandbox.green(["build"], { in: project, expect: 101 });
      expect(withoutGreen(green.stderr)).toBe(plain.stderr);
      expect(green.compiled).toEqual(["chatty"]);
    }
    await edit(project, { "src/lib.rs": "pub fn mended() {}\n" });
    await sandbox.green(["build"], { in: project });
  });

  it("is the same for warnings of a restored path package, in its own checkout's paths", async () => {
    const one = checkout();
    const two = checkout();
    const control = checkout();
    const first = await sandbox.green(["build"], { in: one });
    const restored = await sandbox.green(["build"], { in: two });
    const plain = await sandbox.cargo(["build"], { in: control });
    onlyGreen(() => expect(restored.compiled).toEqual([]));
    const relocated = plain.stderr.replaceAll(control, two);
    expect(asCargoSays(restored.stderr)).toBe(asCargoSays(relocated));
    expect(withoutGreen(first.stderr)).toBe(withoutGreen(plain.stderr.replaceAll(control, one)));
    expect(restored.stderr).toContain("unused variable: `argument`");
    const again = await sandbox.cargo(["build"], { in: two });
    expect(again.stderr).toContain("unused variable: `argument`");
    await expectPlainFresh(sandbox, ["build"], { in: two });
  });

  it("is the same as messages in JSON", async () => {
    const args = ["build", "--message-format", "json"];
    const control = checkout();
    const project = checkout();
    await sandbox.green(["build"], { in: checkout() });
    const plain = await sandbox.cargo(args, { in: control });
    const green = await sandbox.green(args, { in: project });
    onlyGreen(() => expect(green.compiled).toEqual([]));
    onlyGreen(() => expect(green.stdout).toContain(`"fresh":${REPLAYS}`));
    const sorted = (text: string) =>
      text.replaceAll('"fresh":true', '"fresh":false').trimEnd().split("\n").sort();
    expect(sorted(green.stdout)).toEqual(sorted(plain.stdout.replaceAll(control, project)));
  });

  it("follows --message-format short and colours, whatever was asked for when it was recorded", async () => {
    await sandbox.green(["build"], { in: checkout() });
    const plain = await sandbox.cargo(["build", "--message-format", "short"], { in: checkout() });
    const short = await sandbox.green(["build", "--message-format", "short"], { in: checkout() });
    expect(short.stderr).toContain("src/lib.rs:1:24: warning: unused variable");
    expect(withoutGreen(short.stderr).split("\n").slice(1)).toEqual(
      withoutGreen(plain.stderr)
        .split("\n")
        .slice(1)
        .map((line) => line.replace(/checkout-\d+/, `checkout-${checkouts}`)),
    );
    const coloured = await sandbox.green(["build", "--color", "always"], { in: checkout() });
    expect(coloured.stderr).toContain("\u001b[");
    const human = await sandbox.green(["build"], { in: checkout() });
    expect(human.stderr).toContain("--> src/lib.rs:1:24");
    expect(human.stderr).not.toContain("\u001b[");
  });

  it("follows changed lint flags, there and back", async () => {
    const allow = manifest("chatty", `${dependsOn("leaf")}\n[lints.rust]\nunused_variables = "allow"\n`);
    const deny = allow.replace("allow", "deny");
    for (const _ of [1, 2]) {
      const project = checkout();
      const warned = await sandbox.green(["build"], { in: project });
      expect(warned.stderr.match(/warning: unused variable/g)?.length).toBe(2);
      await edit(project, { "Cargo.toml": allow });
      const silent = await sandbox.green(["build"], { in: project });
      expect(silent.stderr).not.toContain("unused variable");
      await edit(project, { "Cargo.toml": deny });
      const refused = await sandbox.green(["build"], { in: project, expect: 101 });
      expect(refused.stderr).toContain("error: unused variable");
      const flags = await sandbox.green(["build"], {
        in: project,
        env: { RUSTFLAGS: "--cap-lints warn" },
      });
      expect(flags.stderr).toContain("warning: unused variable");
    }
  });

  it("is silent about dependencies, which cargo silences, and says what they say with -vv", async () => {
    sandbox.publish({
      "Cargo.toml": manifest("noisy"),
      "src/lib.rs": "pub fn noise(argument: u8) {}\n",
    });
    const make = (name: string) =>
      sandbox.project(name, {
        "Cargo.toml": manifest("listener", dependsOn("noisy")),
        "src/lib.rs": "pub use noisy::noise;\n",
      });
    const one = await sandbox.green(["build"], { in: make("noisy-1") });
    expect(one.stderr).not.toContain("warning");
    const two = await sandbox.green(["build", "-vv"], { in: make("noisy-2") });
    expect(two.stderr).toContain("unused variable: `argument`");
    const three = await sandbox.green(["build"], { in: make("noisy-3") });
    expect(three.stderr).not.toContain("warning");
  });
});
