// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { installPrograms } from "../../../../hack/lib/install/install-programs.ts";
import { findProgram, servicesDirectory } from "../../../../hack/services.d/directory.ts";
import { PROGRAMS } from "../../../../hack/services.d/programs.ts";

let root: string;
let env: NodeJS.ProcessEnv;
let said: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "green-install-"));
  mkdirSync(join(root, "bin"));
  env = { PATH: `${join(root, "bin")}:/usr/bin:/bin`, XDG_CACHE_HOME: join(root, "cache"), HOME: root };
  said = [];
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A `go` that notes what it is asked for; `install` says what it does then, in sh. */
function fakeGo(version: string, install: string): void {
  const script = `#!/bin/sh
echo "$@" >>"${root}/calls"
case $1 in
  env) echo ${version} ;;
  install) ${install} ;;
esac
`;
  writeFileSync(join(root, "bin", "go"), script, { mode: 0o755 });
}

const BUILDS = `mkdir -p "$GOBIN" && printf '#!/bin/sh\\necho crane here' >"$GOBIN/crane" && chmod +x "$GOBIN/crane"`;

function installCrane(): Promise<readonly string[]> {
  const directory = servicesDirectory(env);
  return installPrograms(PROGRAMS, ["crane"], { directory, env, say: (line) => said.push(line) });
}

function calls(): readonly string[] {
  const lines = readFileSync(join(root, "calls"), "utf8").trim().split("\n");
  return lines.filter((line) => line.startsWith("install"));
}

describe("a program", () => {
  test("is installed once, in the version that is written down", async () => {
    fakeGo("go1.26.8", BUILDS);
    expect(await installCrane()).toEqual([]);
    expect(await installCrane()).toEqual([]);
    expect(calls()).toHaveLength(1);
    expect(calls()[0]).toMatch(/go-containerregistry\/cmd\/crane@v\d+\.\d+\.\d+$/);
    expect(said).toEqual([expect.stringMatching(/^crane: installed in [\d.]+ s$/), "crane: there"]);
    const path = findProgram("crane", env);
    expect(path?.startsWith(servicesDirectory(env))).toBe(true);
    expect(existsSync(path ?? "")).toBe(true);
  });

  test.each([
    ["cannot be built", "go1.26.8", "echo no such module >&2; exit 1", /no such module/],
    [
      "does not run",
      "go1.26.8",
      'mkdir -p "$GOBIN" && printf "#!/bin/sh\\nexit 3" >"$GOBIN/crane" && chmod +x "$GOBIN/crane"',
      /does not run/,
    ],
    ["needs a newer Go", "go1.19.8", BUILDS, /go1\.19\.8 is too old/],
  ])("that %s is named, and nothing of it stays", async (_, version, install, message) => {
    fakeGo(version, install);
    expect(await installCrane()).toEqual(["crane"]);
    expect(said).toEqual([expect.stringMatching(message)]);
    expect(findProgram("crane", env)).toBeUndefined();
    expect(readdirSync(servicesDirectory(env))).toEqual([]);
  });

  test("of which nothing that runs comes is had from elsewhere", async () => {
    fakeGo("go1.26.8", `case $* in *crane@v2*) ${BUILDS} ;; *) echo too new >&2; exit 1 ;; esac`);
    const crane = { from: "go", package: "example.com/crane", version: "v1" } as const;
    const program = { title: "", source: crane, otherwise: { ...crane, version: "v2" }, check: [] };
    const options = { directory: join(root, "programs"), env, say: (line: string) => said.push(line) };
    expect(await installPrograms({ crane: program }, ["crane"], options)).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/^crane: installed/)]);
    const neither = { ...program, otherwise: { ...crane, version: "v3" } };
    expect(await installPrograms({ other: neither }, ["other"], options)).toEqual(["other"]);
    expect(said.at(-1)).toBe("other: too new");
  });

  test("that needs Go says so where there is none", async () => {
    expect(await installCrane()).toEqual(["crane"]);
    expect(said).toEqual([expect.stringMatching(/Go is not to be found/)]);
  });
});
