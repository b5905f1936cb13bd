// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { sampleRecord } from "../store/fixtures/sample-record.ts";
import { bundledCli } from "./run-cli.ts";

const runCli = bundledCli();
let home: string;
let script: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "green-completion-"));
  const bin = join(home, "bin");
  mkdirSync(bin);
  const store = openStore(home);
  for (const name of ["serde", "serde_json", "regex"]) {
    const { digest, size } = await store.adopt(await store.stageBytes(Buffer.from(name), false));
    const output = { path: `lib${name}.rlib`, digest, size, executable: false, role: "plain" } as const;
    store.put(sampleRecord({ name, identity: { package: name }, outputs: [output] }));
  }
  store.flush();
  store.close();
  const main = runCli.main();
  // The generated file is not part of a bundle.
  cpSync(join(import.meta.dirname, "../../oclif.manifest.json"), join(main, "../../oclif.manifest.json"));
  writeFileSync(join(bin, "cargo-green"), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
    mode: 0o755,
  });
  script = runCli(["completion", "bash"], home).stdout;
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** What bash offers for a line whose words are given, the last being written; `before` runs before our script. */
function bash(words: readonly string[], before = ""): string[] {
  const [program = ""] = words;
  const program_ = `${before}
${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
COMP_LINE="\${COMP_WORDS[*]}"; COMP_POINT=\${#COMP_LINE}
[[ $(complete -p ${program}) =~ -F\\ ([^\\ ]+) ]] && "\${BASH_REMATCH[1]}" ${program} "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", program_], {
    encoding: "utf8",
    env: { PATH: `${join(home, "bin")}:/usr/bin:/bin`, HOME: home, CARGOGREEN_CACHE_DIR: home },
  });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

describe("bash", () => {
  test.each([
    [["cargo", "green", "ca"], ["cache"]],
    [
      ["cargo-green", "cache", "p"],
      ["pin", "prune"],
    ],
    [
      ["cargo", "+nightly", "green", "cache", "show", "serde"],
      ["serde", "serde_json"],
    ],
    [["cargo", "green", "cache", "ls", "--kind", "proc"], ["proc-macro"]],
    [["cargo", "green", "cache", "prune", "--un"], ["--unused-since"]],
    [
      ["cargo-green", "--green-profile", ""],
      ["user", "ci", "team"],
    ],
    [["cargo", "green", "build", "--green-profile", "=", "t"], ["team"]],
    [["cargo", "green", "build", "--green-config", "sand"], ["sandbox="]],
    [
      ["cargo", "green", "env", "CARGOGREEN_S"],
      ["CARGOGREEN_SANDBOX", "CARGOGREEN_SET_ENVS"],
    ],
    [
      ["cargo", "green", "setup", "--ci", "g"],
      ["github", "gitlab"],
    ],
    [["cargo", "green", "completion", "f"], ["fish"]],
    [["cargo", "green", "build", "--tr"], ["--trace"]],
    [["cargo", "green", "help", "cac"], ["cache"]],
    [["cargo", "green", "help", "cache", "wh"], ["why"]],
    [["cargo", "green", "config", "show", "extra", "x"], []],
  ])("offers for %j: %j", (words, offered) => {
    expect(bash(words)).toEqual(offered);
  });

  const theirs =
    '_theirs() { local IFS=" "; COMPREPLY=("theirs:$(echo "$@"):$COMP_CWORD"); }\ncomplete -F _theirs cargo';

  test("leaves Cargo's own words to what completed cargo before, without `green`", () => {
    expect(bash(["cargo", "build", "--rel"], theirs)).toEqual(["theirs:cargo --rel build:2"]);
    expect(bash(["cargo", "green", "build", "--rel"], theirs)).toEqual(["theirs:cargo --rel build:2"]);
    expect(bash(["cargo", "gr"], theirs)).toEqual(["theirs:cargo gr cargo:1", "green"]);
  });

  test("finds what bash-completion loads only later", () => {
    const loader = `_completion_loader() { ${theirs}; }`;
    expect(bash(["cargo", "green", "test", ""], loader)).toEqual(["theirs:cargo  test:2"]);
  });
});

test("what cannot be told is no message on a command line", () => {
  const ran = runCli(["__complete", "cache", "show", ""], home, { CARGOGREEN_LOG: "loud" });
  expect(ran).toEqual({ status: 0, stdout: "", stderr: "" });
});

test.each(["zsh", "fish"])(
  "there is a script for %s, which that shell can read where it is installed",
  (shell) => {
    const { stdout, status } = runCli(["completion", shell], home);
    expect(status).toBe(0);
    expect(stdout).toContain("cargo-green __complete");
    const file = join(home, `completion.${shell}`);
    writeFileSync(file, stdout);
    const { error, status: read, stderr } = spawnSync(shell, ["-n", file], { encoding: "utf8" });
    if (error === undefined) expect([read, stderr]).toEqual([0, ""]);
  },
);
