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

/** What is missing for `buildGo` to work, or `undefined`. */
export function missingGo(directory: string, env: NodeJS.ProcessEnv): string | undefined {
  const { succeeded, output } = run(["go", "version"], directory, env);
  return succeeded ? undefined : `Go is not to be found (${output.trim()}): https://go.dev/doc/install`;
}

function withoutDownloads(output: string): string {
  const lines = output.split("\n").filter((line) => !line.startsWith("go: downloading "));
  return lines.join("\n").trim();
}
