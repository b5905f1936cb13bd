// SPDX-License-Identifier: MIT OR Apache-2.0
// What a build must be whose units run in containers, whatever makes those.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { expectPlainFresh } from "../fresh.ts";
import { until } from "../process.ts";
import { dependsOn, manifest, textCrate, WORKSPACE_LINE, WORKSPACE_UNITS, workspace } from "../projects.ts";
import type { Build } from "../sandbox.ts";
import type { ContainedSandbox } from "./contained.ts";
import { ASKING, NATIVE, NATIVE_USER, TESTED, TRAPPED } from "./contained-projects.ts";

/** Checks that builds in containers are what they must be. */
export function containedBuilds(open: () => ContainedSandbox): void {
  const contained = () => {
    const sandbox = open();
    onTestFinished(() => sandbox.dispose());
    return sandbox;
  };

  describe("a build in containers, and the same build in another checkout", () => {
    let sandbox: ContainedSandbox;
    let first: string;
    let second: string;
    let cold: Build;
    let ran: readonly string[];
    const output = (directory: string) =>
      sandbox.run([join(directory, "target/debug/app")], { in: sandbox.root });

    beforeAll(async () => {
      sandbox = open();
      first = workspace(sandbox, "first");
      await sandbox.cargo(["generate-lockfile"], { in: first });
      second = sandbox.checkout(first, "elsewhere/second");
      cold = await sandbox.green(["build"], { in: first });
      ran = sandbox.ran();
    });
    afterAll(() => sandbox.dispose());

    it("runs every unit on the builder and none here", async () => {
      expect(cold.compiled).toEqual([]);
      expect(cold.summary).toMatchObject({ units: WORKSPACE_UNITS, built: WORKSPACE_UNITS, notCached: 0 });
      expect(ran).toHaveLength(WORKSPACE_UNITS);
      expect(await output(first)).toBe(`${WORKSPACE_LINE}\n`);
    });

    it("asks the builder for nothing in the other checkout", async () => {
      const warm = await sandbox.green(["build"], { in: second });
      expect(warm.summary).toMatchObject({ units: WORKSPACE_UNITS, built: 0 });
      expect([warm.compiled, sandbox.ran()]).toEqual([[], []]);
      expect(await output(second)).toBe(`${WORKSPACE_LINE}\n`);
    });

    it("leaves nothing to do for plain cargo, in either checkout", async () => {
      await expectPlainFresh(sandbox, ["build"], { in: first });
      await expectPlainFresh(sandbox, ["build"], { in: second });
    });

    it("is not compared with what a host makes of it", async () => {
      const { stdout } = await sandbox.cache(["verify", "--rebuild", "9"]);
      expect(stdout).toContain('skipped leaf 1.0.0 (lib): it was made in a container (runner "buildkit")');
      expect(stdout).toMatch(/Rebuilt \d units?: 0 the same, 0 different, \d skipped/);
    });

    it("says of itself what a host would have said: dep-info names files of this machine", () => {
      const named = readFileSync(join(first, "target/debug/app.d"), "utf8");
      expect(named).toContain(join(first, "src/main.rs"));
      expect(named).not.toContain("/green/");
    });
  });

  it("builds tests on the builder and runs them here, where they find what they name", async () => {
    const sandbox = contained();
    const project = sandbox.project("tested", TESTED);
    const tested = await sandbox.green(["test"], { in: project });
    expect(tested.compiled).toEqual([]);
    expect(tested.stdout.match(/test result: ok. 1 passed/g)).toHaveLength(2);
    await expectPlainFresh(sandbox, ["test", "--no-run"], { in: project });
    writeFileSync(join(project, "lib/data/word.txt"), "other");
    expect((await sandbox.green(["test"], { in: project, expect: 101 })).stdout).toContain("starts_the_tool");
    writeFileSync(join(project, "lib/data/word.txt"), "word");
    sandbox.ran();
    const again = await sandbox.green(["test"], { in: project });
    expect([again.summary?.built, again.compiled, sandbox.ran()]).toEqual([0, [], []]);
  });

  it("compiles the same bytes under the same keys as a host does", async () => {
    const sandbox = contained();
    const first = workspace(sandbox, "first");
    await sandbox.cargo(["generate-lockfile"], { in: first });
    const second = sandbox.checkout(first, "second");
    const libraries = (project: string) => {
      const directory = join(project, "target/debug/deps");
      const names = readdirSync(directory).filter((name) => /\.(rlib|rmeta)$/.test(name));
      return names.map((name) => [name, readFileSync(join(directory, name)).toString("latin1")] as const);
    };
    await sandbox.green(["build"], { in: first });
    const store = { CARGOGREEN_CACHE_DIR: sandbox.path("other-store") };
    await sandbox.green(["build"], { in: second, env: { CARGOGREEN_RUNNER: "host", ...store } });
    expect(new Map(libraries(second))).toEqual(new Map(libraries(first)));
    sandbox.ran();
    const third = sandbox.checkout(first, "third");
    await sandbox.green(["build"], { in: third, env: store });
    // A proc-macro and a build script are made with the image's linker, and so is what is compiled against them.
    expect(sandbox.ran().filter((name) => name.startsWith("leaf "))).toEqual([]);
  });

  it("has C compiled by the image, and others see what that left", async () => {
    const sandbox = contained();
    sandbox.publish(NATIVE);
    sandbox.publish(NATIVE_USER);
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app", dependsOn("user")),
      "src/main.rs": `fn main() { print!("{}", user::line()); }\n`,
    });
    const cold = await sandbox.green(["run"], { in: project });
    expect([cold.stdout, cold.compiled]).toEqual(["#define TWO 2 2", []]);
    await expectPlainFresh(sandbox, ["build"], { in: project });
    // Restored, and then seen by a script that is run anew.
    sandbox.forget();
    const again = sandbox.checkout(project, "again");
    await sandbox.cache(["rm", "user", "--yes"]);
    const warm = await sandbox.green(["run"], { in: again });
    expect([warm.stdout, warm.compiled]).toEqual(["#define TWO 2 2", []]);
  });

  it.each(["network", "source", "elsewhere", "home"])("refuses a script that goes for: %s", async (trap) => {
    const sandbox = contained();
    const server = await listening();
    writeFileSync(join(sandbox.home, "greeting"), "hello");
    mkdirSync(sandbox.path("elsewhere"));
    sandbox.publish({ ...textCrate("trap", "x"), "build.rs": TRAPPED });
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app", dependsOn("trap")),
      "src/main.rs": 'fn main() { print!("{}", trap::trap()); }\n',
      ".cargo/config.toml": [
        "[env]",
        `TRAP = "${trap}"`,
        `TRAP_ADDRESS = "${addressOf(server)}"`,
        `TRAP_FILE = "${sandbox.path("elsewhere/written")}"`,
        `TRAP_HOME = "${sandbox.home}"`,
        "",
      ].join("\n"),
    });
    const failed = await sandbox.green(["build"], { in: project, expect: 101 });
    expect(failed.stderr).toContain("failed to run custom build command for `trap v1.0.0`");
    expect(readdirSync(sandbox.path("elsewhere"))).toEqual([]);
    if (trap === "network") {
      await sandbox.green(["build"], { in: project, env: { CARGOGREEN_WITH_NETWORK: "trap" } });
    }
  });

  it("shows a build script that asks git its repository, and what others declared in their workspace", async () => {
    const sandbox = contained();
    const project = sandbox.project("asking", ASKING);
    const git = (...args: string[]) =>
      sandbox.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", ...args], { in: project });
    await git("init", "--quiet", "--initial-branch=trunk");
    await git("add", ".");
    await git("commit", "--quiet", "--message=first");
    const commit = (await git("rev-parse", "HEAD")).trim();
    const cold = await sandbox.green(["run", "--quiet", "--bin", "asking"], { in: project });
    expect(cold.stdout).toBe(`${commit} beside around`);
    expect(cold.compiled).toEqual([]);
    await git("commit", "--quiet", "--allow-empty", "--message=second");
    await git("pack-refs", "--all");
    const next = (await git("rev-parse", "HEAD")).trim();
    const again = await sandbox.green(["run", "--quiet", "--bin", "asking"], { in: project });
    expect(again.stdout).toBe(`${next} beside around`);
  });

  it("has a script that asks git and declares nothing run in each checkout", async () => {
    const sandbox = contained();
    const first = sandbox.project("first", {
      "Cargo.toml": manifest("app"),
      ".gitignore": "target\n",
      "build.rs": `fn main() {
    let asked = std::process::Command::new("git").args(["config", "green.word"]).env("GIT", "rev-parse").output();
    println!("cargo::rustc-env=WORD={}", String::from_utf8(asked.unwrap().stdout).unwrap().trim());
}
`,
      "src/main.rs": 'fn main() { print!("{}", env!("WORD")); }\n',
    });
    await sandbox.run(["git", "init", "--quiet"], { in: first });
    for (const project of [first, sandbox.checkout(first, "second")]) {
      await sandbox.run(["git", "config", "green.word", project], { in: project });
      expect((await sandbox.green(["run"], { in: project })).stdout).toBe(project);
    }
  });

  it("shows compilations the variables that they name, whatever they make of them, and no others", async () => {
    const sandbox = contained();
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app"),
      "src/main.rs": `fn main() { print!("{} {:?}", env!("WANTED_WORD"), option_env!("OTHER_WORD")); }\n`,
    });
    const env = { WANTED_WORD: "wanted", OTHER_WORD: "other", SECRET_WORD: "secret" };
    const cold = await sandbox.green(["run"], { in: project, env });
    expect([cold.stdout, cold.compiled]).toEqual([`wanted Some("other")`, []]);
    const { units } = (await sandbox.cacheJson(["show", "app"])) as {
      readonly units: readonly { readonly provenance: { readonly sandbox: object } }[];
    };
    expect(units[0]?.provenance.sandbox).toMatchObject({
      hidden: expect.arrayContaining(["SECRET_WORD"]),
      seen: expect.arrayContaining(["OTHER_WORD", "WANTED_WORD"]),
    });
    const changed = await sandbox.green(["run"], { in: project, env: { ...env, OTHER_WORD: "another" } });
    expect(changed.stdout).toBe(`wanted Some("another")`);
  });

  it("compiles a package beside the workspace, and does not show what git ignores", async () => {
    const sandbox = contained();
    sandbox.project("beside", {
      "Cargo.toml": manifest("beside"),
      "src/lib.rs": 'pub const FILE: &str = file!();\n#[cfg(feature = "no")] compile_error!("");\n',
    });
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app", '[dependencies]\nbeside = { path = "../beside" }\n'),
      ".gitignore": "secret.txt\n",
      "secret.txt": "hidden",
      "src/main.rs": 'fn main() { print!("{}", beside::FILE); }\n',
    });
    const built = await sandbox.green(["run"], { in: project });
    expect(built.stdout).toBe(sandbox.path("beside/src/lib.rs"));
    writeFileSync(join(project, "src/main.rs"), 'fn main() { print!(include_str!("../secret.txt")); }\n');
    const failed = await sandbox.green(["build"], { in: project, expect: 101 });
    expect(failed.stderr).toContain("couldn't read `src/../secret.txt`");
    expect(failed.stderr).toContain('"secret.txt" is left out by .gitignore or .dockerignore');
  });

  it("checks, and compiles for a triple that is named", async () => {
    const sandbox = contained();
    const project = workspace(sandbox, "project");
    const checked = await sandbox.green(["check"], { in: project });
    expect([checked.compiled, checked.summary?.notCached]).toEqual([[], 0]);
    const triple = "x86_64-unknown-linux-gnu";
    const built = await sandbox.green(["build", "--target", triple], { in: project });
    expect([built.compiled, built.summary?.notCached]).toEqual([[], 0]);
    const program = join(project, "target", triple, "debug/app");
    expect(await sandbox.run([program], { in: project })).toBe(`${WORKSPACE_LINE}\n`);
    await expectPlainFresh(sandbox, ["build", "--target", triple], { in: project });
  });

  it("goes on with what plain cargo built, without keeping what stands on that", async () => {
    const sandbox = contained();
    const project = workspace(sandbox, "project");
    await sandbox.cargo(["build"], { in: project });
    writeFileSync(join(project, "src/main.rs"), `// changed\n${readFileSync(join(project, "src/main.rs"))}`);
    const built = await sandbox.green(["build"], { in: project });
    expect([built.compiled, built.summary?.built]).toEqual([[], 0]);
    expect(await sandbox.run([join(project, "target/debug/app")], { in: project })).toBe(
      `${WORKSPACE_LINE}\n`,
    );
  });

  it("shows a variable that turns out to be declared, and runs again for another value of it", async () => {
    const sandbox = contained();
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app"),
      "build.rs": `fn main() {
    println!("cargo::rerun-if-env-changed=FLAVOR");
    println!("cargo::rustc-env=GOT={:?}", std::env::var("FLAVOR").ok());
}
`,
      "src/main.rs": 'fn main() { print!("{}", env!("GOT")); }\n',
    });
    const says = async (FLAVOR: string) =>
      (await sandbox.green(["run"], { in: project, env: { FLAVOR } })).stdout;
    expect(await says("sweet")).toBe('Some("sweet")');
    expect(await says("sour")).toBe('Some("sour")');
  });

  it("fails as plain cargo does, word for word", async () => {
    const sandbox = contained();
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app"),
      "src/main.rs": "fn main() { let x: i32 = missing(); unused }\n",
    });
    const plain = await sandbox.cargo(["build"], { in: project, expect: 101 });
    const green = await sandbox.green(["build"], { in: project, expect: 101 });
    const errors = (stderr: string) => stderr.slice(stderr.indexOf("error"));
    expect(errors(green.stderr)).toContain(errors(plain.stderr));
  });

  describe("where the builder goes away", () => {
    const lost = { GREEN_TEST_LOSES: "leaf" };

    it("a build fails in a clear line, and the next one works", async () => {
      const sandbox = contained();
      const project = workspace(sandbox, "project");
      const failed = await sandbox.green(["build"], { in: project, env: lost, expect: 101 });
      expect(failed.stderr).toContain(
        "cargo-green: leaf 1.0.0 (lib) did not run on the builder (CARGOGREEN_RUNNER=buildkit)",
      );
      expect(failed.compiled).toEqual([]);
      const next = await sandbox.green(["build"], { in: project });
      expect(next.summary?.notCached).toBe(0);
    });

    it("with `auto` it goes on here, says so once, and keeps nothing of that", async () => {
      const sandbox = contained();
      const project = workspace(sandbox, "project");
      const env = { CARGOGREEN_RUNNER: "auto" };
      const saved = await sandbox.green(["build"], { in: project, env: { ...lost, ...env } });
      expect(saved.stderr.match(/goes on without the builder/g)).toHaveLength(1);
      expect(saved.compiled).toContain("leaf");
      expect(saved.summary?.notCached).toBeGreaterThan(0);
      await sandbox.cargo(["clean"], { in: project });
      const next = await sandbox.green(["build"], { in: project, env });
      expect([next.compiled, next.summary?.notCached]).toEqual([[], 0]);
    });
  });

  it("ends at ^C with everything that runs, and the next build works", async () => {
    const sandbox = contained();
    const project = sandbox.project("app", {
      "Cargo.toml": manifest("app"),
      "build.rs": `fn main() {
    if std::path::Path::new("slow").exists() { std::thread::sleep(std::time::Duration::from_secs(600)); }
    println!("cargo::rerun-if-changed=slow");
}
`,
      slow: "",
      "src/main.rs": "fn main() {}\n",
    });
    const build = sandbox.startGreen(["build"], { in: project });
    await until("the script runs", () => sandbox.ran().some((name) => name.includes("build script")));
    process.kill(-build.pid, "SIGINT");
    const ended = await build.ended;
    expect(ended.signal ?? ended.status).toBe("SIGINT");
  });
}

async function listening(): Promise<Server> {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return server;
}

function addressOf(server: Server): string {
  const address = server.address();
  return typeof address === "object" && address !== null ? `127.0.0.1:${address.port}` : "";
}
