// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findEngineProgram } from "../../hack/engine.d/directory.ts";
import { environmentWith, rootOf } from "../../hack/engine.d/environment.ts";
import { edit } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { manifest } from "../support/projects.ts";
import { PLAIN, REPLAYS, Sandbox } from "../support/sandbox.ts";

/** With `CI=true` what needs it is not skipped, but fails. */
const lacksOldCargo = findEngineProgram("rustc", process.env) === undefined && process.env["CI"] !== "true";

/** Debian 12's, which names packages, and writes dep-info, as Cargo did then, and hashes what ours does not know. */
describe.skipIf(PLAIN || lacksOldCargo)("with cargo 1.65", () => {
  let sandbox: Sandbox;
  let directory: string;
  const build = (where = directory) => sandbox.green(["build"], { in: where });
  const run = () => sandbox.run([join(directory, "target/debug/app")], { in: directory });

  beforeAll(async () => {
    const { PATH, LD_LIBRARY_PATH } = environmentWith(["rustc"], process.env);
    const RUSTC = join(rootOf("rustc", process.env), "usr/bin/rustc");
    const ours = join(import.meta.dirname, "../../bin");
    sandbox = new Sandbox({ ownShim: true, env: { LD_LIBRARY_PATH, RUSTC, PATH: `${ours}:${PATH}` } });
    directory = sandbox.project("one", {
      "Cargo.toml": manifest("app", '[dependencies]\nleaf = { path = "leaf" }\n'),
      "src/main.rs": 'fn main() { println!("{} {}", leaf::SAID, 1); }\n',
      "leaf/Cargo.toml": manifest("leaf"),
      "leaf/build.rs":
        'fn main() { println!("cargo:rerun-if-changed=word"); println!("cargo:rustc-env=SAID={}", std::fs::read_to_string("word").unwrap()); }\n',
      "leaf/word": "hello",
      "leaf/src/lib.rs": 'pub const SAID: &str = env!("SAID");\n',
    });
  });
  afterAll(() => sandbox.dispose());

  it("a build is laid down at its own place, and follows what is edited there", async () => {
    expect((await build()).summary).toMatchObject({ built: 4 });
    await sandbox.cargo(["clean"], { in: directory });
    const warm = await build();
    expect(warm.summary).toMatchObject({ built: 0, [REPLAYS ? "replayed" : "restored"]: 4 });
    await expectPlainFresh(sandbox, ["build"], { in: directory });
    expect(await run()).toBe("hello 1\n");
    await edit(directory, { "leaf/word": "good evening" });
    await build();
    expect(await run()).toBe("good evening 1\n");
    await expectPlainFresh(sandbox, ["build"], { in: directory });
  });

  it("another checkout is restored by the wrapper", async () => {
    const two = sandbox.checkout(directory, "two");
    expect((await build(two)).summary).toMatchObject({ built: 0, restored: 4 });
    expect(await sandbox.run([join(two, "target/debug/app")], { in: two })).toBe("good evening 1\n");
  });
});
