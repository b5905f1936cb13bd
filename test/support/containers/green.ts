// SPDX-License-Identifier: MIT OR Apache-2.0
// `cargo green <a cargo command>` whose containers are bubblewrap's. GREEN_TEST_BUILDER is where that keeps what it ran;
// GREEN_TEST_BUILDER_LOSES names a unit at which it goes away.
import { execFileSync } from "node:child_process";
import { runCargo } from "../../../src/broker/build.ts";
import { containersOf } from "../../../src/broker/container/containers.ts";
import { reportTo, sayTo } from "../../../src/console.ts";
import { takeGreenFlags } from "../../../src/green-flags.ts";
import { BwrapBuilder, machineImage } from "./bwrap-builder.ts";

const { args, flags } = takeGreenFlags(process.argv.slice(2));
// The compiler that a test counts with is not the image's.
const rustc = (...argv: string[]) => execFileSync("rustc", argv, { encoding: "utf8" }).trimEnd();
const exit = await runCargo(args, {
  env: process.env,
  cwd: process.cwd(),
  say: sayTo(process, args),
  report: (error) => void reportTo(process, error, args),
  flags,
  openContainers: async ({ resolved: { config } }) => {
    if (config.runner === "host") return { containers: undefined, notice: undefined };
    const { GREEN_TEST_BUILDER: directory = "", GREEN_TEST_BUILDER_LOSES: loses } = process.env;
    const sysroot = rustc("--print", "sysroot");
    const builder = new BwrapBuilder({ directory, sysroot, loses });
    const image = machineImage(sysroot, rustc("-vV"));
    return { containers: containersOf(builder, image, config.runner === "auto"), notice: undefined };
  },
});
if (typeof exit === "string") process.kill(process.pid, exit);
else process.exit(exit);
