// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ContainerUnit } from "../../src/containerfile/container-unit.ts";
import { readResult, readStatus, unitCommand } from "../../src/containerfile/unit-command.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

/** Runs it as a container would, with an environment that is not the unit's. */
function run(argv: ContainerUnit["argv"], env: Readonly<Record<string, string>> = {}) {
  const output = temporaryDirectory();
  const unit: ContainerUnit = {
    ...{ name: "a unit", base: { kind: "image", reference: "", platform: "" }, inputs: [], cwd: "/" },
    ...{ env: new Map(Object.entries(env)), argv, output, network: false },
  };
  const [program = "", ...args] = unitCommand(unit);
  const ran = spawnSync(program, args, { env: { PATH: "/usr/bin:/bin", OTHER: "of the builder" } });
  const read = (name: string) => readFileSync(join(output, name), "latin1");
  return {
    ran,
    stdout: read("stdout"),
    stderr: read("stderr"),
    status: read("status"),
    result: readResult(readFileSync(join(output, "result"))),
    files: readdirSync(join(output, "out")),
    output,
  };
}

const PATH = "/usr/bin:/bin";

describe("the command of a unit", () => {
  test("keeps both streams and the status, and succeeds itself", () => {
    const { ran, ...left } = run(["sh", "-c", "printf 'a\\0b\\n\\n'; printf '\\377' >&2; exit 101"], {
      PATH,
    });
    expect(left).toMatchObject({ stdout: "a\0b\n\n", stderr: "\u00ff", status: "101\n", files: [] });
    const [stdout, stderr] = [Buffer.from("a\0b\n\n"), Buffer.from([0xff])];
    expect(left.result).toEqual({ status: 101, contents: undefined, stdout, stderr });
    expect({ status: ran.status, printed: String(ran.stdout) + ran.stderr }).toEqual({
      status: 0,
      printed: "",
    });
  });

  test("has no result that is not whole", () => {
    expect(readResult(Buffer.from("0\n0\n"))).toMatchObject({
      stdout: Buffer.alloc(0),
      stderr: Buffer.alloc(0),
    });
    const others = ["", "0", "0\n", "0\n0", "1\n0\n", "x\n0\n", "0\nx\n"];
    expect(others.map((text) => readResult(Buffer.from(text)))).toEqual(Array(others.length).fill(undefined));
  });

  test("tells who was killed by 128 and the signal, in no other words", () => {
    expect(run(["sh", "-c", "kill -KILL $$"], { PATH })).toMatchObject({ stderr: "", status: "137\n" });
  });

  test("gives the unit its own variables and no others, whatever they are called", () => {
    const env = { PATH, "CARGO_BIN_EXE_my-tool": "/t", EMPTY: "", LINES: "a\nb", QUOTES: `'"$PATH\`` };
    const { stdout } = run(["env", "-0"], env);
    const seen = stdout.split("\0").slice(0, -1);
    expect(seen.sort()).toEqual(
      Object.entries(env)
        .map(([name, value]) => `${name}=${value}`)
        .sort(),
    );
  });

  test("gives it its arguments as they are", () => {
    const args = ["", " ", "*", "$HOME", "`id`", "a\nb", "'", '"', "\\", "--"];
    expect(
      run(["printf", "%s\\0", ...args], { PATH })
        .stdout.split("\0")
        .slice(0, -1),
    ).toEqual(args);
  });

  test("has an empty directory for its files, and fails where it cannot write", () => {
    expect(run(["sh", "-c", "exit 0"], { PATH }).files).toEqual([]);
    const [program = "", ...args] = unitCommand({
      ...{ name: "", base: { kind: "image", reference: "", platform: "" }, inputs: [], env: new Map() },
      ...{ cwd: "/", argv: ["true"], output: "/dev/null/nowhere", network: false },
    });
    expect(spawnSync(program, args).status).not.toBe(0);
  });

  test("tells of a base that says what it contains that along with the status, and nothing if that is silent", () => {
    const output = temporaryDirectory();
    const [program = "", ...args] = unitCommand({
      ...{ name: "", base: { kind: "stage", containerfile: "", platform: "" }, inputs: [], env: new Map() },
      ...{ cwd: "/", argv: ["/bin/false"], output, network: false },
    });
    expect(spawnSync(program, args).status).toBe(0);
    const silent = { status: 1, contents: undefined };
    const left = readFileSync(join(output, "status"), "latin1");
    expect([left, readStatus(left)]).toEqual(["1\n", silent]);
    expect(readStatus("101 0a-f\n")).toEqual({ status: 101, contents: "0a-f" });
    expect(["", "1", "1000\n", "1 x\n"].map(readStatus)).toEqual(Array(4).fill(undefined));
  });

  test("says that there is no such program as a shell does", () => {
    const { status, stderr } = run(["no-such-program"], { PATH });
    expect({ status, stderr }).toEqual({
      status: "127\n",
      stderr: expect.stringContaining("no-such-program"),
    });
  });
});
