// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { bundledCli, type Ran } from "./run-cli.ts";

const runCli = bundledCli();
let root: string;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeEach(() => {
  root = temporaryDirectory();
  write("ws/Cargo.toml", "[workspace]\nmembers = ['app']\nexclude = ['apart']\n");
  write("ws/app/Cargo.toml", "[package]\nname = 'app'\n");
});

interface Shown {
  readonly places: { readonly workspaceManifest?: string; readonly packageManifest?: string };
  readonly settings: readonly {
    readonly key: string;
    readonly value: unknown;
    readonly from: { readonly kind: string; readonly path?: string; readonly line?: number };
  }[];
}

interface Where {
  readonly in?: string;
  readonly env?: NodeJS.ProcessEnv;
}

const show = (args: readonly string[] = [], { in: directory = "ws/app", env = {} }: Where = {}): Ran =>
  runCli(["config", "show", "--json", ...args], root, env, join(root, directory));

function shown(args: readonly string[] = [], where: Where = {}): Shown {
  const { stdout, stderr } = show(args, where);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Shown;
}

/** `log`, and where it comes from, as a short text. */
function log(args: readonly string[] = [], where: Where = {}): string {
  const setting = shown(args, where).settings.find(({ key }) => key === "log");
  const { kind, path, line } = setting?.from ?? { kind: "?" };
  return `${setting?.value} ${kind === "file" ? `${path?.slice(root.length + 1)}:${line}` : kind}`;
}

describe("precedence", () => {
  test("each source beats all before it", () => {
    expect(log()).toBe("warn default");
    write(".cargo/green.toml", "# mine\nlog = 'error'\n");
    expect(log()).toBe("error .cargo/green.toml:2");
    write("ws/.cargo/green.toml", "log = 'info'\n");
    expect(log()).toBe("info ws/.cargo/green.toml:1");
    write("ws/Cargo.toml", "[workspace]\nmembers = ['app']\n[workspace.metadata.green]\nlog = 'debug'\n");
    expect(log()).toBe("debug ws/Cargo.toml:4");
    write("ws/app/Cargo.toml", "[package]\nname = 'app'\nmetadata.green.log = 'off'\n");
    expect(log()).toBe("off ws/app/Cargo.toml:3");
    write(".cargo/green.toml", "[profile.loud]\nlog = 'info'\n");
    expect(log(["--green-profile", "loud"])).toBe("info .cargo/green.toml:2");
    expect(log([], { env: { CARGOGREEN_PROFILE: "loud" } })).toBe("info .cargo/green.toml:2");
    const env = { CARGOGREEN_PROFILE: "loud", CARGOGREEN_LOG: "error" };
    expect(log([], { env })).toBe("error variable");
    expect(log(["--green-config", "log=warn"], { env })).toBe("warn flag");
  });

  test("a profile's tables go as their files do, above what they extend, above what is built in", () => {
    write(
      ".cargo/green.toml",
      "[profile.ci]\nlog = 'error'\nidle = '1s'\n[profile.base]\nidle = '2s'\nkeep-size = '1GB'",
    );
    write("ws/.cargo/green.toml", "[profile.ci]\nextends = 'base'\nlog = 'info'\n");
    const { settings } = shown(["--green-profile=ci"]);
    const value = (key: string) => settings.find((setting) => setting.key === key)?.value;
    expect([value("log"), value("idle"), value("keep-size"), value("sandbox"), value("incremental")]).toEqual(
      ["info", 2000, 1e9, "enforce", false],
    );
  });

  test("a file may extend a profile for good, and still says more", () => {
    write(".cargo/green.toml", "extends = 'ci'\nsandbox = 'off'\n");
    const { settings } = shown();
    const of = (key: string) => settings.find((setting) => setting.key === key);
    expect([of("sandbox")?.value, of("interactive")?.value]).toEqual(["off", false]);
    expect(of("interactive")?.from).toEqual({ kind: "profile", name: "ci" });
  });

  test("the flag beats the variable, stands anywhere, and is not cargo's", () => {
    const env = { CARGOGREEN_PROFILE: "nowhere" };
    const before = runCli(["--green-profile", "ci", "env", "CARGOGREEN_SANDBOX"], root, env);
    expect(before.stdout).toBe("enforce\n");
    const after = runCli(["env", "CARGOGREEN_SANDBOX", "--green-profile=ci"], root, env);
    expect(after.stdout).toBe("enforce\n");
  });
});

describe("the workspace", () => {
  const places = (args: readonly string[], directory: string) => {
    const { workspaceManifest, packageManifest } = shown(args, { in: directory }).places;
    return [workspaceManifest, packageManifest].map((path) => path?.slice(root.length + 1));
  };

  test("is found from a directory below a member, and from elsewhere by --manifest-path", () => {
    write("ws/app/src/main.rs", "");
    expect(places([], "ws/app/src")).toEqual(["ws/Cargo.toml", "ws/app/Cargo.toml"]);
    expect(places(["--manifest-path", "ws/app/Cargo.toml"], ".")).toEqual([
      "ws/Cargo.toml",
      "ws/app/Cargo.toml",
    ]);
  });

  test("that is virtual has no package, and no project has neither", () => {
    expect(places([], "ws")).toEqual(["ws/Cargo.toml", undefined]);
    expect(places([], ".")).toEqual([undefined, undefined]);
  });

  test("is the nearest that does not exclude the package", () => {
    write("ws/.cargo/green.toml", "log = 'info'\n");
    write("ws/apart/Cargo.toml", "[package]\nname = 'apart'\n");
    expect(places([], "ws/apart")).toEqual(["ws/apart/Cargo.toml", "ws/apart/Cargo.toml"]);
    expect(log([], { in: "ws/apart" })).toBe("warn default");
    write("ws/app/inner/Cargo.toml", "[workspace]\n[package]\nname = 'inner'\n");
    write("ws/app/inner/.cargo/green.toml", "log = 'error'\n");
    expect(log([], { in: "ws/app/inner" })).toBe("error ws/app/inner/.cargo/green.toml:1");
    write("far/Cargo.toml", "[package]\nname = 'far'\nworkspace = '../ws'\n");
    expect(log([], { in: "far" })).toBe("info ws/.cargo/green.toml:1");
  });
});

describe("config show", () => {
  test("names files that look as if they counted and do not", () => {
    write("ws/app/.cargo/green.toml", "log = 'info'\n");
    expect(log()).toBe("warn default");
    const text = runCli(["config", "show"], root, {}, join(root, "ws/app")).stdout;
    expect(text).toContain(
      `not read   ${join(root, "ws/app/.cargo/green.toml")} (it is not at the workspace's root)\n`,
    );
    const doctor = runCli(["doctor"], root, {}, join(root, "ws/app")).stdout;
    expect(doctor).toContain('ws/app/.cargo/green.toml" is not read');
  });

  test("of a manifest that is not there says so", () => {
    const { status, stderr } = show(["--manifest-path", "nosuch/Cargo.toml"]);
    expect([status, stderr]).toEqual([
      4,
      expect.stringContaining('There is no manifest "nosuch/Cargo.toml"'),
    ]);
  });

  test("names the command that was meant", () => {
    const { status, stderr } = runCli(["config", "shwo"], root);
    expect([status, stderr]).toEqual([2, expect.stringContaining("did you mean `cargo green config show`?")]);
  });
});

test("a file that cannot be read stops the command, and is no bug of ours", () => {
  symlinkSync("loop.toml", join(root, "loop.toml"));
  mkdirSync(join(root, ".cargo"));
  symlinkSync("../loop.toml", join(root, ".cargo/green.toml"));
  const { status, stderr } = show();
  expect([status, stderr]).toEqual([
    2,
    expect.stringMatching(/^error: ".*green\.toml" cannot be read: ELOOP/),
  ]);
  expect(stderr).toContain("help: make it readable, or remove it");
});

describe("env", () => {
  test.each([
    ["SANDBOX", "did you mean CARGOGREEN_SANDBOX?"],
    ["with-network", "did you mean CARGOGREEN_WITH_NETWORK?"],
    ["CARGOGREEN_SETENVS", "did you mean CARGOGREEN_SET_ENVS?"],
    ["RUSTC_WRAPER", "did you mean RUSTC_WRAPPER?"],
    ["CARGOGREEN_FOO_BAR", "there are RUSTC_WRAPPER, CARGOGREEN_ENABLED"],
  ])("of %s, which is none, says what may have been meant", (name, hint) => {
    const { status, stderr } = runCli(["env", name], root);
    expect([status, stderr]).toEqual([2, expect.stringContaining(hint)]);
  });

  test("prints values alone for one name, and lines that a shell reads back for several", () => {
    write(".cargo/green.toml", "set-envs = ['A', 'B']\nkeep-size = '1GB'\n");
    expect(runCli(["env", "CARGOGREEN_SET_ENVS"], root).stdout).toBe("A,B\n");
    const { stdout } = runCli(["env", "CARGOGREEN_SET_ENVS", "CARGOGREEN_KEEP_SIZE"], root);
    const file = join(root, ".cargo/green.toml");
    expect(stdout).toBe(
      `CARGOGREEN_SET_ENVS=A,B  # ${file}:1\nCARGOGREEN_KEEP_SIZE=1000000000B  # ${file}:2\n`,
    );
    const shell = spawnSync("sh", ["-c", `${stdout}\necho "$CARGOGREEN_SET_ENVS $CARGOGREEN_KEEP_SIZE"`]);
    expect(String(shell.stdout)).toBe("A,B 1000000000B\n");
    const { env } = JSON.parse(runCli(["env", "--json", "CARGOGREEN_SANDBOX"], root).stdout);
    expect(env).toEqual({ CARGOGREEN_SANDBOX: "prefer" });
  });
});

describe("what cannot be right names file, line and key", () => {
  test.each([
    ["sandbx = 'off'", 1, "sandbx is no setting", "did you mean `sandbox`?"],
    ["\nsandbox = 'maybe'", 2, 'sandbox is "maybe", which is not one of prefer, enforce, off', undefined],
    [
      "sandbox = 'enforced'",
      1,
      'sandbox is "enforced", which is not one of prefer, enforce, off',
      'did you mean "enforce"?',
    ],
    ["[profile.x.add]\napd = ['a']", 2, "profile.x.add.apd is no setting", "did you mean `add.apt`?"],
    [
      "[remotes]\nteam = { url = 'oci://a/b', pull = 1 }",
      2,
      "remotes.team.pull is 1, which is not true or false",
      undefined,
    ],
    [
      "[remotes.team]\nurl = 'http:'",
      2,
      'remotes.team.url: "http:" is no address of a remote',
      "write `oci:",
    ],
    ["[remotes.team]\nurl = 1", 2, "remotes.team.url is 1, which is not an address like", undefined],
    [
      "[remotes.team]\nunit_tags = true",
      2,
      "remotes.team.unit_tags is no setting",
      "did you mean `unit-tags`?",
    ],
    ["[remotes.team]\nbudget = 2", 2, "remotes.team.budget is 2, which is not a length of time", undefined],
    ["push = ['*']", 1, 'push is ["*"], which is not one of on-success, off', undefined],
    ["[remotes.team]\npush = true", 2, 'the remote "team" has no url', undefined],
    ["extends = 'tema'", 1, 'there is no profile "tema"', 'did you mean "team"?'],
    ["extends = 'a'\n[profile.a]\nextends = 'a'", 3, 'the profile "a" extends itself', undefined],
    ["log = 'info'\nlog = 'info'", 2, "this is not TOML: ", undefined],
    ["profile = 'ci'", 1, 'profile is "ci", which is not a table', undefined],
  ])("%j", (text, line, message, hint) => {
    write("ws/.cargo/green.toml", text);
    const { status, stderr } = show();
    expect(status).toBe(2);
    expect(stderr).toContain(`error: ${join(root, "ws/.cargo/green.toml")}:${line}: ${message}`);
    if (hint !== undefined) expect(stderr).toContain(`  help: ${hint}`);
  });

  test("in a manifest too, where the line is the manifest's", () => {
    write("ws/app/Cargo.toml", "[package]\nname = 'app'\n\n[package.metadata.green]\nset_envs = ['A']\n");
    expect(show().stderr).toBe(
      `error: ${join(root, "ws/app/Cargo.toml")}:5: package.metadata.green.set_envs is no setting\n` +
        "  help: did you mean `set-envs`?\n",
    );
  });
});

test.each([
  [
    ["build", "--green-profil", "ci"],
    "--green-profil is no flag of cargo green",
    "there are --green-profile NAME and --green-config KEY=VALUE",
  ],
  [
    ["cache", "ls", "--green-cofnig=log=off"],
    "--green-cofnig is no flag of cargo green",
    "and --green-config KEY=VALUE",
  ],
  [["build", "--green-config"], "--green-config has no value", "write --green-config KEY=VALUE"],
  [["env", "--green-x"], "--green-x is no flag of cargo green", "there are --green-profile NAME"],
  [["build", "--green-config", "sandbx=off"], '"sandbx" is no setting', "write --green-config sandbox=VALUE"],
  [["build", "--green-config", "sandbox=of"], '--green-config sandbox is "of"', 'did you mean "off"?'],
  [["build", "--green-profile=tema"], 'there is no profile "tema"', 'did you mean "team"?'],
])("on a command line %j is refused before Cargo sees it", (args, message, hint) => {
  const { status, stderr } = runCli(args, root);
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(stderr).toContain(hint);
});

test.each([
  [
    "CARGOGREEN_SANDBX",
    "off",
    "The variable CARGOGREEN_SANDBX is no setting",
    "did you mean CARGOGREEN_SANDBOX?",
  ],
  ["CARGOGREEN_SANDBOX", "enforced", 'CARGOGREEN_SANDBOX is "enforced"', 'did you mean "enforce"?'],
  ["CARGOGREEN_PROFILE", "tema", 'CARGOGREEN_PROFILE: there is no profile "tema"', 'did you mean "team"?'],
])("the variable %s=%s is refused, and the nearest is named", (name, value, message, hint) => {
  for (const args of [["build"], ["config", "show"], ["cache", "ls"]]) {
    const { status, stderr } = runCli(args, root, { [name]: value });
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).toContain(hint);
  }
});

test("a remote has all its fields, and its paths count from where it is said", () => {
  const remote = "url = 'oci-layout:out'\nca = 'ca.pem'\nbudget = '500ms'\nmirrors = 'oci://near/t'\n";
  write("ws/.cargo/green.toml", `[remotes.team]\n${remote}`);
  const settings = shown().settings.filter(({ key }) => key.startsWith("remotes.team."));
  expect(settings.map(({ key, value }) => [key.replace("remotes.team.", ""), value])).toEqual([
    ["url", `oci-layout:${join(root, "ws/out")}`],
    ["visibility", "public"],
    ["push", true],
    ["pull", true],
    ["unit-tags", false],
    ["insecure", false],
    ["ca", join(root, "ws/ca.pem")],
    ["client-cert", null],
    ["client-key", null],
    ["mirrors", ["oci://near/t"]],
    ["budget", 500],
  ]);
  expect(runCli(["config", "show"], root, {}, join(root, "ws")).stdout).toMatch(
    /\nremotes\.team\.budget +500ms /,
  );
});

test("a list of one may be a text, `~` is the home, and paths count from the workspace", () => {
  write(".cargo/green.toml", "with-network = 'ring'\ncache-dir = '~/mine'\n");
  const env = { CARGOGREEN_CACHE_DIR: "" };
  const value = (key: string) => shown([], { env }).settings.find((each) => each.key === key)?.value;
  expect([value("with-network"), value("cache-dir")]).toEqual([["ring"], join(root, "mine")]);
  write("ws/.cargo/green.toml", "cache-dir = 'target/green'\n");
  expect(value("cache-dir")).toBe(join(root, "ws/target/green"));
});

test("prune's limit is keep-size where none is given", () => {
  expect(runCli(["cache", "prune", "--dry-run"], root).stderr).toContain("no limit to prune to");
  write(".cargo/green.toml", "keep-size = '10GB'\n");
  expect(runCli(["cache", "prune", "--dry-run"], root).status).toBe(0);
});
