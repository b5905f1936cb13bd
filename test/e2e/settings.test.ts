// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { processesOf } from "../support/processes.ts";
import { dependsOn, manifest, textCrate } from "../support/projects.ts";
import { PLAIN, Sandbox } from "../support/sandbox.ts";

describe.skipIf(PLAIN)("settings in files", () => {
  let sandbox: Sandbox;
  let project: string;
  beforeEach(() => {
    sandbox = new Sandbox({ env: { CARGOGREEN_IDLE: "1s" } });
    project = sandbox.project("app", {
      "Cargo.toml": '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n',
      "src/main.rs": 'fn main() { println!("{}", env!("CARGO_PKG_NAME")); }\n',
    });
  });
  afterEach(() => {
    for (const { pid } of processesOf(sandbox.root)) process.kill(pid, "SIGKILL");
    sandbox.dispose();
  });

  function configure(text: string): void {
    mkdirSync(join(project, ".cargo"), { recursive: true });
    writeFileSync(join(project, ".cargo/green.toml"), text);
  }
  const built = { units: 1, replayed: 0, restored: 0, built: 1, notCached: 0 };

  it("hold for builds in that workspace, from wherever they are started", async () => {
    configure("enabled = false\n");
    const manifest = ["--manifest-path", join(project, "Cargo.toml")];
    expect((await sandbox.green(["build", ...manifest], { in: sandbox.root })).summary).toBeUndefined();
    const green = ["build", "--green-config", "enabled=true", "--target-dir", "other", ...manifest];
    expect((await sandbox.green(green, { in: sandbox.root })).summary).toEqual(built);
  });

  it("hold for plain cargo with the wrapper, with a target directory elsewhere too", async () => {
    const wrapper = await sandbox.run(["cargo", "green", "env", "RUSTC_WRAPPER"], { in: project });
    const env = { RUSTC_WRAPPER: wrapper.trim(), CARGOGREEN_CACHE_DIR: undefined, PWD: project };
    const mine = sandbox.path("mine");
    configure(`cache-dir = ${JSON.stringify(mine)}\nidle = "1s"\n`);
    await sandbox.cargo(["build", "--target-dir", sandbox.path("elsewhere")], { in: project, env });
    const { total } = JSON.parse(
      await sandbox.run(["cargo", "green", "cache", "stats", "--json"], { in: project, env }),
    );
    expect(total.records).toBe(1);
    expect(readdirSync(mine)).toContain("files");
  });

  it("of the directory are not those of what cargo installs from elsewhere, nor is its lockfile", async () => {
    sandbox.publish(textCrate("leaf", "leaf"));
    sandbox.publish({
      "Cargo.toml": manifest("tool", dependsOn("leaf")),
      "src/main.rs": `fn main() { print!("{}", leaf::leaf()); }\n`,
    });
    const wrong = "0".repeat(64);
    writeFileSync(
      join(project, "Cargo.lock"),
      `version = 4\n${["leaf", "other"].map((name) => `[[package]]\nname = "${name}"\nversion = "1.0.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "${wrong}"\n`).join("")}`,
    );
    configure("enabled = false\n");
    const install = (root: string) => ["install", "tool", "--root", sandbox.path(root)];
    const first = await sandbox.green(install("first"), { in: project });
    expect(first.summary).toMatchObject({ units: 2, built: 2 });
    const show = (await sandbox.cacheJson(["show", "leaf"])) as { units: { inputs: { package: string } }[] };
    expect(show.units[0]?.inputs.package).toContain("leaf@1.0.0");
    expect(show.units[0]?.inputs.package).not.toContain(wrong);
    const wrapper = (
      await sandbox.run(["cargo", "green", "env", "RUSTC_WRAPPER"], { in: sandbox.root })
    ).trim();
    const plain = await sandbox.cargo(install("second"), {
      in: project,
      env: { RUSTC_WRAPPER: wrapper, PWD: project },
    });
    expect(plain.compiled).toEqual([]);

    // What lies on this disk has settings.
    writeFileSync(join(project, "Cargo.lock"), "version = 4\n");
    const own = ["install", "--path", ".", "--root", sandbox.path("own")];
    expect((await sandbox.green(own, { in: project })).summary).toBeUndefined();
    const elsewhere = ["install", "--path", project, "--root", sandbox.path("own"), "--force"];
    expect((await sandbox.green(elsewhere, { in: sandbox.root })).summary).toBeUndefined();
  });

  it("that are wrong stop a build before it begins, and no command that compiles nothing", async () => {
    configure("\nsandbx = 'off'\n");
    const { stderr } = await sandbox.green(["build"], { in: project, expect: 2 });
    expect(stderr).toContain(`error: ${join(project, ".cargo/green.toml")}:2: sandbx is no setting`);
    await sandbox.green(["metadata", "--format-version=1"], { in: project });
  });

  it("of the profile ci make incremental units cacheable, and the user's variable beats that", async () => {
    const env = { CARGO_INCREMENTAL: undefined };
    const args = ["build", "--green-profile", "ci", "--green-config", "sandbox=off"];
    expect((await sandbox.green(args, { in: project, env })).summary).toEqual(built);
    const kept = await sandbox.green([...args, "--target-dir", "other"], {
      in: project,
      env: { CARGO_INCREMENTAL: "1" },
    });
    expect(kept.summary).toMatchObject({ built: 0, notCached: 1 });
  });
});

describe.skipIf(PLAIN)("--trace", () => {
  it("writes what each unit was given and did, and a picture of all", async () => {
    const sandbox = new Sandbox();
    try {
      const project = sandbox.project("app", {
        "Cargo.toml": '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n',
        "src/main.rs": "mod part;\nfn main() { let unused = 1; part::hello(); }\n",
        "src/part.rs": "pub fn hello() {}\n",
      });
      const read = (name: string, file: string) =>
        readFileSync(
          join(
            project,
            name,
            readdirSync(join(project, name)).find((each) => each.startsWith("0001")) ?? "",
            file,
          ),
          "utf8",
        );
      await sandbox.green(["build", "--trace=one"], { in: project });
      const first = JSON.parse(read("one", "unit.json"));
      expect(first).toMatchObject({
        outcome: "built",
        exit: { how: "exited", code: 0 },
        unit: { package: "app" },
      });
      expect(first.argv).toContain("--crate-name");
      expect(first.env.CARGO_PKG_NAME).toBe("app");
      expect(first.read.files).toEqual(["src/main.rs", "src/part.rs"]);
      expect(first.why).toEqual({ reason: "nothing comparable was in the cache" });
      expect(read("one", "stderr")).toContain("unused variable");

      writeFileSync(join(project, "src/part.rs"), "pub fn hello() { }\n");
      await sandbox.green(["build", "--trace=two"], { in: project });
      expect(Object.keys(JSON.parse(read("two", "unit.json")).why.changes)).toEqual([
        expect.stringContaining("part.rs"),
      ]);

      // An earlier trace makes room, and nothing else does; what cannot be written to is said before anything is built.
      mkdirSync(join(project, "two/0009-notes"));
      writeFileSync(join(project, "two/0009-notes/mine"), "");
      await sandbox.green(["build", "--trace=two"], { in: project });
      expect(readdirSync(join(project, "two")).sort()).toEqual(["0009-notes", "output.log", "trace.json"]);
      const refused = await sandbox.green(["build", "--trace=/proc/trace"], { in: project, expect: 2 });
      expect(refused.stderr).toContain('--trace is "/proc/trace"');

      const other = sandbox.checkout(project, "other");
      await sandbox.green(["build", "--trace"], { in: other });
      const [made = ""] = readdirSync(join(other, "target/green-trace"));
      const trace = JSON.parse(readFileSync(join(other, "target/green-trace", made, "trace.json"), "utf8"));
      expect(trace.traceEvents).toEqual([
        expect.objectContaining({
          name: "app 0.1.0 (bin)",
          cat: expect.stringMatching(/^re(played|stored)$/),
          ph: "X",
          ts: 0,
          tid: 1,
        }),
      ]);
    } finally {
      sandbox.dispose();
    }
  });
});

describe.skipIf(PLAIN)("setup", () => {
  it("makes plain cargo use the cache, and --undo ends that", async () => {
    const sandbox = new Sandbox({ env: { CARGOGREEN_IDLE: "1s" } });
    try {
      const project = sandbox.project("app", {
        "Cargo.toml": '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n',
        "src/main.rs": "fn main() {}\n",
      });
      const before = readFileSync(join(sandbox.cargoHome, "config.toml"), "utf8");
      await sandbox.run(["cargo", "green", "setup", "--yes"], { in: project });
      expect((await sandbox.cargo(["build"], { in: project })).compiled).toEqual(["app"]);
      const restored = sandbox.checkout(project, "two");
      expect((await sandbox.cargo(["build"], { in: restored })).compiled).toEqual([]);
      await sandbox.run(["cargo", "green", "setup", "--undo", "--yes"], { in: project });
      expect(readFileSync(join(sandbox.cargoHome, "config.toml"), "utf8")).toBe(before);
      const plain = sandbox.checkout(project, "three");
      expect((await sandbox.cargo(["build"], { in: plain })).compiled).toEqual(["app"]);
    } finally {
      for (const { pid } of processesOf(sandbox.root)) process.kill(pid, "SIGKILL");
      sandbox.dispose();
    }
  });
});
