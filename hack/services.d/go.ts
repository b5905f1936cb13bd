// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import type { GoSource } from "./programs.ts";
import { run } from "./run.ts";

/** Of packages compiled at once. */
const PARALLEL = 2;

/** Builds a program into the `bin` of `directory`. Returns what went wrong, or `undefined`. */
export function buildGo(source: GoSource, directory: string, env: NodeJS.ProcessEnv): string | undefined {
  const { succeeded, output } = run(
    [
      ...["nice", "-n", "10", "go", "install", `-p=${PARALLEL}`, "-ldflags=-s -w"],
      `${source.package}@${source.version}`,
    ],
    directory,
    { ...env, GOBIN: join(directory, "bin"), CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false" },
  );
  return succeeded ? undefined : withoutDownloads(output);
}

/** Of Go 1: since this one, `go` gets by itself, or asks for, the version that a module needs. */
const FIRST_WITH_TOOLCHAINS = 21;

/** What is missing for `buildGo` to work, or `undefined`. */
export function missingGo(directory: string, env: NodeJS.ProcessEnv): string | undefined {
  const { succeeded, output } = run(["go", "env", "GOVERSION"], directory, env);
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
