// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { contextOf } from "../../src/containerfile/build-context.ts";
import {
  type ContainerInput,
  type ContainerUnit,
  OUTPUT,
  outputIn,
} from "../../src/containerfile/container-unit.ts";
import { containerfileOf } from "../../src/containerfile/containerfile.ts";
import { layContext } from "../../src/containerfile/lay-context.ts";
import { openBuildKitRunner } from "../../src/runner/buildkit/open-buildkit-runner.ts";
import type { ContainerRunner } from "../../src/runner/container/container-runner.ts";
import { openPodmanRunner } from "../../src/runner/podman/open-podman-runner.ts";
import { processesBelow } from "../../src/runner/podman/processes-below.ts";
import { digestOf } from "../../src/unit/digest.ts";
import { describeWithEngines } from "../support/engines.ts";
import { writeFiles } from "../support/files.ts";
import { run, until } from "../support/process.ts";

const directory = mkdtempSync(join(tmpdir(), "green-containerfile-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const fresh = (name: string) => mkdtempSync(join(directory, `${name}-`));
const never = new AbortController().signal;
const PATH = "/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Contents and modes of all files in a directory, links as they are. */
function everything(at: string): Readonly<Record<string, string>> {
  const entries = readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const facts = entries.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const executable = (statSync(path).mode & 0o100) !== 0;
    return [path.slice(at.length + 1), `${executable ? "x " : ""}${digestOf(readFileSync(path))}`];
  });
  return Object.fromEntries(facts.sort());
}

describeWithEngines(["docker", "buildkit", "podman"], "a unit in a container", (engines) => {
  const { docker, buildkit, podman, image } = engines;
  const base = { kind: "image", reference: image.reference, platform: "linux/amd64" } as const;

  function unit(part: Partial<ContainerUnit> & Pick<ContainerUnit, "argv">): ContainerUnit {
    const env = new Map([["PATH", PATH]]);
    return {
      name: "a 1.0.0",
      base,
      inputs: [],
      env,
      cwd: "/",
      output: OUTPUT.directory,
      network: false,
      ...part,
    };
  }

  function shell(script: string, part: Partial<ContainerUnit> = {}): ContainerUnit {
    return unit({ argv: ["/bin/sh", "-c", script], ...part });
  }

  function tree(
    target: string,
    files: Readonly<Record<string, string>>,
    some?: readonly string[],
  ): ContainerInput {
    const at = fresh("tree");
    writeFiles(at, files);
    return {
      kind: "tree",
      target,
      tree: { directory: at, identity: digestOf(JSON.stringify(files)), files: some },
    };
  }

  /** What `docker build` makes of the text, with nothing of ours around. */
  async function byDocker(built: ContainerUnit): Promise<string> {
    const context = fresh("context");
    await layContext(context, contextOf(built));
    const file = join(fresh("file"), "Containerfile");
    writeFileSync(file, await containerfileOf(built));
    const left = fresh("docker");
    const argv = [docker.program, "build", "--progress=plain", "--output", left, "-f", file, context];
    const env = { PATH: process.env["PATH"] ?? "", DOCKER_HOST: docker.host };
    const { status, stderr } = await run(argv, { cwd: directory, env });
    expect(status, stderr).toBe(0);
    rmSync(join(left, ".unit")); // what the unit is, for those who list what a builder exported
    return left;
  }

  const openPodman = () =>
    openPodmanRunner({
      program: podman.program,
      env: process.env,
      directory: fresh("podman"),
      signal: never,
    });

  /** Speaks to BuildKit's daemon itself. */
  const openBuildKit = () => {
    const dial = async () => connect(buildkit.host.replace("unix://", ""));
    const endpoint = { name: "buildkit", kind: "buildkitd", dial, close: async () => {} } as const;
    return openBuildKitRunner({ endpoint, sender: directory, credentials: async () => undefined });
  };

  /** What a runner makes of it, laid out as docker leaves it. */
  async function byRunner(open: () => Promise<ContainerRunner>, built: ContainerUnit): Promise<string> {
    const runner = await open();
    try {
      const left = fresh("left");
      mkdirSync(join(left, "out"));
      const { status, stdout, stderr } = await runner.run(built, { into: join(left, "out"), signal: never });
      writeFileSync(join(left, "stdout"), stdout);
      writeFileSync(join(left, "stderr"), stderr);
      writeFileSync(join(left, "status"), `${status}\n`);
      const head = `${stdout.length}\n${status}\n`;
      writeFileSync(join(left, "result"), Buffer.concat([Buffer.from(head), stdout, stderr]));
      return left;
    } finally {
      await runner.close();
    }
  }

  /** The three must agree. */
  async function byAll(built: ContainerUnit): Promise<string> {
    const made = [byDocker(built), byRunner(openPodman, built), byRunner(openBuildKit, built)];
    const [text = "", ...others] = await Promise.all(made);
    for (const other of others) expect(everything(other)).toEqual(everything(text));
    return text;
  }

  test("leaves the same as text in docker, by podman and by BuildKit: a library, what is built on it, and warnings", async () => {
    const rustc = (name: string, type: string, ...args: readonly string[]) =>
      unit({
        name: `${name} 1.0.0`,
        cwd: `/work/${name}`,
        argv: [
          "rustc",
          "--crate-name",
          name,
          "--edition=2021",
          "lib.rs",
          "--crate-type",
          type,
          "--out-dir",
          OUTPUT.files,
          ...args,
        ],
      });
    const low = {
      ...rustc("low", "lib", "--emit=dep-info,metadata,link", "-Cmetadata=1"),
      inputs: [
        tree("/work/low", { "lib.rs": "pub fn f() -> u32 { let x = 1; 42 }", secret: "" }, ["lib.rs"]),
      ],
    };
    const high = {
      ...rustc("high", "bin", "--extern", "low=/target/deps/liblow.rlib"),
      inputs: [
        tree("/work/high", { "lib.rs": 'fn main() { println!("{}", low::f()) }' }),
        { kind: "output", target: "/target/deps/liblow.rlib", unit: low, path: "liblow.rlib" } as const,
      ],
    };
    const ran = shell("/program/high; ls /work/* 2>&1 | tail -1", {
      inputs: [{ kind: "output", target: "/program", unit: high, path: "" }],
    });
    const library = await byAll(low);
    expect(readFileSync(join(library, "stderr"), "utf8")).toContain("unused variable: `x`");
    expect(readFileSync(join(library, "out", "low.d"), "utf8")).toContain("lib.rs");
    expect(readFileSync(join(await byAll(ran), "stdout"), "utf8")).toMatch(/^42\n/);
  });

  test("sees what it is given, and nothing else", async () => {
    const output = "/target/debug/build/a-1";
    const { files } = outputIn(output);
    const odd = " a\nb\\c\"d'e`f$g#h,i=j é\u{1f980} ".repeat(50);
    const long = "#$ \\".repeat(20_000);
    const script = `
      cat /proc/$$/environ; printf '%s\\0' "$@"; pwd; id -u; cat /proc/net/dev | grep -c :
      cat "/odd, dir/a" "$HOME/x" /plain/b; ls -l /plain | tail -n +2 | cut -c1-10
      ls -A /tmp; ls -A ${files}; echo x >/plain/b; echo y >${files}/y; ln -s y ${files}/link
      exit 3`;
    const program = join(fresh("file"), "p");
    writeFileSync(program, "program");
    const file = { path: program, digest: digestOf("program"), executable: true };
    const built = unit({
      argv: ["/bin/sh", "-c", script, "sh", odd, long, "", "-n", "$(id)", "<<EOF"],
      env: new Map([
        ["PATH", PATH],
        ["HOME", "/odd, dir"],
        ["ODD", odd],
        ["a-b.c", "1"],
        ["EMPTY", ""],
      ]),
      cwd: "/new dir/$x",
      output,
      inputs: [
        tree("/odd, dir", { a: "A", x: "X" }),
        tree("/plain", { b: "B" }),
        { kind: "file", target: "/program's", file },
      ],
    });
    const left = await byAll(built);
    const stdout = readFileSync(join(left, "stdout"), "utf8").split("\0");
    expect(stdout.slice(0, 11).sort()).toEqual(
      [
        `PATH=${PATH}`,
        "HOME=/odd, dir",
        `ODD=${odd}`,
        "a-b.c=1",
        "EMPTY=",
        odd,
        long,
        "",
        "-n",
        "$(id)",
        "<<EOF",
      ].sort(),
    );
    expect(stdout[11]).toBe("/new dir/$x\n0\n1\nAXB-rw-r--r--\n");
    expect(readFileSync(join(left, "status"), "utf8")).toBe("3\n");
    expect(readFileSync(join(left, "stderr"), "utf8")).toContain("Read-only file system");
    expect(readdirSync(join(left, "out")).sort()).toEqual(["link", "y"]);
  });

  describe("with podman", () => {
    test("is found again by another process, but if it failed", async () => {
      const stamp = `${Date.now()}`;
      const good = shell("date +%s%N", { env: new Map([["STAMP", stamp]]) });
      const bad = {
        ...good,
        argv: [...good.argv.slice(0, 2), "date +%s%N; exit 1"] as unknown as ContainerUnit["argv"],
      };
      const said: string[] = [];
      for (const cached of [false, true]) {
        const runner = await openPodman();
        for (const [built, known] of [
          [good, cached],
          [bad, false],
        ] as const) {
          const ran = await runner.run(built, { into: fresh("into"), signal: never });
          expect(ran.cached).toBe(known);
          said.push(ran.stdout.toString());
        }
        await runner.close();
      }
      expect(said[0]).toBe(said[2]);
      expect(said[1]).not.toBe(said[3]);
    });

    test("ends with all that it started when it is to be ended", async () => {
      const runner = await openPodman();
      const abort = new AbortController();
      const ran = runner.run(shell(`sleep 9999 & sleep 9999; : ${Date.now()}`), {
        into: fresh("into"),
        signal: abort.signal,
      });
      const containers = () => processesBelow(process.pid).filter(({ isInit }) => isInit);
      await until("the container runs", () => containers().length > 0);
      const [container] = containers();
      abort.abort(new Error("enough"));
      await expect(ran).rejects.toThrow("enough");
      expect(() => process.kill(container?.pid ?? 0, 0)).toThrow("ESRCH");
      await runner.close();
      const { stdout } = await run([podman.program, "ps", "--all", "--external", "--quiet"], {
        cwd: "/",
        env: {},
      });
      expect(stdout).toBe("");
    });

    test("says what is wrong with an image that is not there", async () => {
      const runner = await openPodman();
      const reference = image.reference.replace(/@.*/, `@sha256:${"0".repeat(64)}`);
      const ran = runner.run(shell("true", { base: { ...base, reference } }), {
        into: fresh("into"),
        signal: never,
      });
      await expect(ran).rejects.toThrow(expect.objectContaining({ code: "refused", side: "podman" }));
      await runner.close();
    });

    test("starts from what a Containerfile makes of an image", async () => {
      const containerfile = `FROM ${image.reference} AS first\nENV A=1\nUSER 12\nFROM first\nCOPY --from=first /etc/debian_version /made`;
      const base = { kind: "stage", containerfile, platform: "linux/amd64" } as const;
      const left = await byAll(shell("cat /made; id -u; env | grep -c ^A=", { base }));
      expect(readFileSync(join(left, "stdout"), "utf8")).toMatch(/^12\.\d+\n0\n0\n$/);
    });
  });
});
