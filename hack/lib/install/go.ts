// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run.ts";
import type { GoSource } from "./program.ts";

/** Of packages compiled at once. */
const PARALLEL = 2;

/** Builds a program into the `bin` of `directory`. Returns what went wrong, or `undefined`. */
export async function buildGo(
  source: GoSource,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const bin = join(directory, "bin");
  const go = { ...env, GOBIN: bin, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false" };
  const variables = Object.entries(source.variables ?? {}).map(([name, value]) => ` -X ${name}=${value}`);
  const options = [`-p=${PARALLEL}`, `-ldflags=-s -w${variables.join("")}`];
  const versioned = `${source.package}@${source.version}`;
  if (source.asDependency !== true) return inTurn([["install", ...options, versioned]], directory, go);
  const module = join(directory, "module");
  mkdirSync(module);
  const problem = await inTurn(
    [
      ["mod", "init", "module.invalid"],
      ["get", versioned],
      ["install", ...options, source.package],
    ],
    module,
    go,
  );
  rmSync(module, { recursive: true });
  return problem;
}

async function inTurn(
  commands: readonly (readonly string[])[],
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  for (const args of commands) {
    const { succeeded, output } = await run(["nice", "-n", "10", "go", ...args], directory, env);
    if (!succeeded) return withoutDownloads(output);
  }
  return undefined;
}

/** Of Go 1: since this one, `go` gets by itself, or asks for, the version that a module needs. */
const FIRST_WITH_TOOLCHAINS = 21;

/** What is missing for `buildGo` to work, or `undefined`. */
export async function missingGo(directory: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { succeeded, output } = await run(["go", "env", "GOVERSION"], directory, env);
  const version = output.trim();
  if (!succeeded) return `Go is not to be found (${version}): https://go.dev/doc/install`;
  const minor = Number(/^go1\.(\d+)/.exec(version)?.[1] ?? Number.POSITIVE_INFINITY);
  if (minor >= FIRST_WITH_TOOLCHAINS) return undefined;
  return `${version} is too old, as Debian's is: https://go.dev/doc/install`;
}

function withoutDownloads(output: string): string {
  const lines = output.split("\n").filter((line) => !line.startsWith("go: downloading "));
  return lines.join("\n").trim();
}
