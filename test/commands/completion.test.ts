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
  mkdirSync(join(home, ".cargo"));
  writeFileSync(
    join(home, ".cargo/green.toml"),
    '[remotes.seeds]\nurl = "oci-layout:/nowhere"\n[builders.bed]\nurl = "tcp://a:1"\n',
  );
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
      ["pin", "prune", "pull", "push"],
    ],
    [
      ["cargo", "+nightly", "green", "cache", "show", "serd"],
      ["serde", "serde_json"],
    ],
    [["cargo", "green", "cache", "ls", "--kind", "proc"], ["proc-macro"]],
    [["cargo-green", "cache", "verify", ""], ["seeds"]],
    [
      ["cargo", "green", "builder", "use", ""],
      ["bed", "default"],
    ],
    [["cargo-green", "builder", "rm", ""], ["bed"]],
    [
      ["cargo", "green", "cache", "rm", "se"],
      ["seeds", "serde", "serde_json"],
    ],
    [["cargo", "green", "cache", "prune", "--un"], ["--unused-since"]],
    [
      ["cargo-green", "--green-profile", ""],
      ["user", "ci", "team"],
    ],
    [["cargo", "green", "build", "--green-profile", "=", "t"], ["team"]],
    [["cargo", "green", "build", "--green-config", "sand"], ["sandbox="]],
    [
      ["cargo", "green", "env", "CARGOGREEN_SE"],
      ["CARGOGREEN_SET_ENVS", "CARGOGREEN_SECRETS"],
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

const env = () => ({ PATH: `${join(home, "bin")}:/usr/bin:/bin`, HOME: home, CARGOGREEN_CACHE_DIR: home });
/** hack/test installs both; elsewhere what is missing is not tested. */
const isInstalled = (shell: string) => spawnSync(shell, ["--version"]).error === undefined;

describe.skipIf(!isInstalled("fish"))("fish", () => {
  test.each([
    ["cargo green ca", ["cache"]],
    ["cargo-green cache p", ["pin", "prune", "pull", "push"]],
    ["cargo +nightly green cache show serde", ["serde", "serde_json"]],
    ["cargo green cache ls --kind proc", ["proc-macro"]],
    ["cargo-green --green-profile ", ["ci", "team", "user"]],
    ["cargo green build --green-config sand", ["sandbox="]],
    ["cargo green setup --ci g", ["github", "gitlab"]],
    ["cargo gre", ["green"]],
  ])("offers for %j: %j", (line, offered) => {
    const asked = `cargo-green completion fish | source; complete -C '${line}'`;
    const { stdout, stderr } = spawnSync("fish", ["--no-config", "-c", asked], {
      encoding: "utf8",
      env: env(),
    });
    expect(stderr).toBe("");
    const words = stdout.split("\n").flatMap((each) => each.split("\t")[0] || []);
    expect(words.sort()).toEqual(offered);
  });
});

/** A zsh on a terminal of its own, in which a line is typed, then tab; prints what the line is then, and what was listed. */
const ZSH = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1= PS2= RPS1=; unsetopt prompt_cr prompt_sp zle_bracketed_paste; LISTMAX=1000'
zpty -w shell 'autoload -U compinit; compinit -u -D'
zpty -w shell 'theirs() { [[ $words = "cargo build --rel" ]] && compadd -- --release }; compdef theirs cargo'
zpty -w shell 'source <(cargo-green completion zsh)'
zpty -w shell 'show() { print -r -- "<<$BUFFER>>" }; zle -N show; bindkey "^X" show'
zpty -w shell 'print -r -- RE""ADY'
zpty -r -m shell said '*READY*'
zpty -w -n shell $1$'\\t'
zpty -w -n shell $'\\x18'
zpty -r -m shell said '*<<*>>*'
print -rn -- $said
zpty -d shell
`;

describe.skipIf(!isInstalled("zsh"))("zsh", () => {
  function typed(line: string): string {
    const { stdout, stderr } = spawnSync("zsh", ["-f", "-c", ZSH, "zsh", line], {
      encoding: "utf8",
      env: { ...env(), TERM: "dumb" },
      timeout: 30_000,
    });
    expect(stderr).toBe("");
    return stdout;
  }

  test.each([
    ["cargo green cac", "cargo green cache "],
    ["cargo-green cache pru", "cargo-green cache prune "],
    ["cargo +nightly green cache show serde_", "cargo +nightly green cache show serde_json "],
    ["cargo green cache ls --kind proc", "cargo green cache ls --kind proc-macro "],
    ["cargo-green --green-profile te", "cargo-green --green-profile team "],
    ["cargo green setup --ci gith", "cargo green setup --ci github "],
    ["cargo green build --rel", "cargo green build --release "],
  ])("makes %j into %j", (line, completed) => {
    expect(typed(line)).toContain(`<<${completed}>>`);
  });

  test("lists what may follow, with descriptions where there are some", () => {
    const commands = typed("cargo green cache p");
    expect(commands).toMatch(/pin +-- Keep units/);
    expect(commands).toMatch(/prune +-- Make the cache, or a remote, smaller/);
    const crates = typed("cargo green cache show serde");
    expect(crates).toMatch(/serde +serde_json/);
    expect(crates).not.toContain("--");
  });
});
