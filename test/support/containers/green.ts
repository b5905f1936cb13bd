// SPDX-License-Identifier: MIT OR Apache-2.0
// `cargo green <a cargo command>` whose containers are bubblewrap's, or those of the buildkitd and the image that
// GREEN_TEST_BUILDKIT and GREEN_TEST_IMAGE name. GREEN_TEST_BUILDER is where bubblewrap keeps what it ran, and where is
// noted what was run; GREEN_TEST_LOSES names a unit at which the builder goes away.
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { runCargo } from "../../../src/broker/build.ts";
import { containersOf } from "../../../src/broker/container/containers.ts";
import type { UnitImage } from "../../../src/broker/container/image.ts";
import { learnImage } from "../../../src/broker/container/learn-image.ts";
import { reportTo, sayTo } from "../../../src/console.ts";
import { GreenError } from "../../../src/error.ts";
import { takeGreenFlags } from "../../../src/green-flags.ts";
import { openBuildKitRunner } from "../../../src/runner/buildkit/open-buildkit-runner.ts";
import type { UnitSolved } from "../../../src/runner/container/builder-event.ts";
import type { ContainerRunner } from "../../../src/runner/container/container-runner.ts";
import { buildkitAt } from "../engines/builders.ts";
import { BwrapBuilder, machineImage } from "./bwrap-builder.ts";

const {
  GREEN_TEST_BUILDER: directory = "",
  GREEN_TEST_BUILDKIT: host,
  GREEN_TEST_IMAGE: reference = "",
  GREEN_TEST_LOSES: loses,
} = process.env;

/** One line for each unit that was really run, for tests to count. */
function note(name: string): void {
  mkdirSync(directory, { recursive: true });
  appendFileSync(join(directory, "ran.log"), `${name}\n`);
}

async function openBuilder(): Promise<{ readonly builder: ContainerRunner; readonly image: UnitImage }> {
  if (host === undefined) {
    // The compiler that a test counts with is not the image's.
    const rustc = (...argv: string[]) => execFileSync("rustc", argv, { encoding: "utf8" }).trimEnd();
    const sysroot = rustc("--print", "sysroot");
    const builder = new BwrapBuilder({ directory, sysroot, note });
    return { builder, image: machineImage(sysroot, rustc("-vV")) };
  }
  const builder = await openBuildKitRunner({
    endpoint: buildkitAt(host)(),
    sender: directory,
    credentials: async () => undefined,
  });
  const base = { kind: "image", reference, platform: "linux/amd64" } as const;
  const image = await learnImage(base, builder, new AbortController().signal);
  return { builder: noting(builder), image };
}

/** Notes what was really run. */
function noting(builder: ContainerRunner): ContainerRunner {
  return {
    kind: builder.kind,
    async run(unit, options) {
      const observe = (event: UnitSolved) => {
        if (!event.cached) note(event.name);
        options.observe?.(event);
      };
      return builder.run(unit, { ...options, observe });
    },
    close: () => builder.close(),
  };
}

/** A builder that goes away when it is asked for a unit of that name. */
function losing(builder: ContainerRunner): ContainerRunner {
  return {
    kind: builder.kind,
    run: async (unit, options) => {
      if (loses !== undefined && unit.name.startsWith(loses)) {
        throw new GreenError("unreachable", "The builder went away", { side: "the builder" });
      }
      return builder.run(unit, options);
    },
    close: () => builder.close(),
  };
}

const { args, flags } = takeGreenFlags(process.argv.slice(2));
const exit = await runCargo(args, {
  env: process.env,
  cwd: process.cwd(),
  say: sayTo(process, args),
  report: (error) => void reportTo(process, error, args),
  flags,
  openContainers: async ({ resolved: { config } }) => {
    if (config.runner === "host") return { containers: undefined, notice: undefined };
    const { builder, image } = await openBuilder();
    const options = { orHost: config.runner === "auto", learnAgain: async () => {} };
    return { containers: containersOf(losing(builder), image, options), notice: undefined };
  },
});
if (typeof exit === "string") process.kill(process.pid, exit);
else process.exit(exit);
