// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import type { ContainerUnit, LocalTree } from "../../../src/containerfile/container-unit.ts";
import type { CredentialProvider } from "../../../src/remote/credentials/credential.ts";
import { openBuildKitRunner } from "../../../src/runner/buildkit/open-buildkit-runner.ts";
import type { BuilderEvent, UnitSolved } from "../../../src/runner/container/builder-event.ts";
import type { ContainerRun, ContainerRunner } from "../../../src/runner/container/container-runner.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import type { OpenEndpoint } from "../../support/engines/builders.ts";

/** A runner, and what it told. */
export interface TestRunner extends ContainerRunner {
  readonly events: readonly (BuilderEvent | UnitSolved)[];
  /** Runs a unit, with its files in a directory of its own. */
  runUnit(unit: ContainerUnit, signal?: AbortSignal): Promise<ContainerRun & { readonly files: string }>;
}

export interface TestRunnerOptions {
  readonly sender?: string;
  readonly credentials?: CredentialProvider;
}

/** Opens one that is closed with the test. */
export async function openTestRunner(
  open: OpenEndpoint,
  { sender = randomUUID(), credentials = async () => undefined }: TestRunnerOptions = {},
): Promise<TestRunner> {
  const events: (BuilderEvent | UnitSolved)[] = [];
  const note = (event: BuilderEvent | UnitSolved) => void events.push(event);
  const runner = await openBuildKitRunner({
    endpoint: open(),
    sender,
    credentials,
    observe: note,
  });
  onTestFinished(() => runner.close());
  return {
    kind: runner.kind,
    events,
    run: (unit, options) => runner.run(unit, { observe: note, ...options }),
    close: () => runner.close(),
    async runUnit(unit, signal = new AbortController().signal) {
      const files = temporaryDirectory();
      return { ...(await runner.run(unit, { into: files, signal, observe: note })), files };
    },
  };
}

/** Units of an image, of which no two tests have the same. */
export function unitsOf(reference: string) {
  const nonce = randomUUID();
  const unit = (argv: ContainerUnit["argv"], changes: Partial<ContainerUnit> = {}): ContainerUnit => ({
    ...{ name: "a unit", base: { kind: "image", reference, platform: "linux/amd64" }, inputs: [], cwd: "/" },
    ...{
      env: new Map([["PATH", "/usr/local/cargo/bin:/usr/bin:/bin"]]),
      argv,
      output: "/out",
      network: false,
    },
    ...changes,
  });
  return {
    nonce,
    unit,
    /** A shell's script. */
    script: (text: string, changes: Partial<ContainerUnit> = {}) =>
      unit(["sh", "-c", `${text}\n# ${nonce}`], changes),
    /** A library's compilation, from a tree of its own, with the libraries that it uses. */
    library(crate: string, tree: LocalTree, uses: Readonly<Record<string, ContainerUnit>> = {}) {
      const files = Object.entries(uses).map(([name, below]) => ({ file: `lib${name}-1.rlib`, name, below }));
      return unit(
        [
          ...(["rustc", "--crate-name", crate, "--crate-type", "lib", "--out-dir", "/out/out"] as const),
          ...["-C", `metadata=${nonce}`, "-C", "extra-filename=-1", "src/lib.rs", "-L", "/target/deps"],
          ...files.flatMap(({ name, file }) => ["--extern", `${name}=/target/deps/${file}`]),
        ],
        {
          ...{ name: `${crate} 0.1.0 (lib)`, cwd: "/work" },
          inputs: [
            { kind: "tree", target: "/work", tree },
            ...files.map(
              ({ file, below }) =>
                ({ kind: "output", target: `/target/deps/${file}`, unit: below, path: file }) as const,
            ),
          ],
        },
      );
    },
  };
}
