// SPDX-License-Identifier: MIT OR Apache-2.0
import { examine } from "../src/doctor/doctor.ts";
import { takeGreenFlags } from "../src/green-flags.ts";
import { doctorJson, formatFindings, isWell } from "../src/ui/doctor.ts";
import { formatSize } from "../src/ui/size.ts";
import { GreenCommand } from "./base.ts";

export class Doctor extends GreenCommand {
  static override summary = "Check that this machine has what builds need";
  static override description =
    "Says of each thing what it means and what to do. Exits with 1 if there is a problem; warnings are none.";

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const say = (text: string) => process.stderr.write(`${text}\n`);
    const findings = await examine({
      env: process.env,
      cwd: process.cwd(),
      flags: takeGreenFlags(this.argv).flags,
      prepareShim: async ({ resolved, env }) =>
        (await import("../src/broker/shim.ts")).prepareShim(resolved.config, env, say),
      formatSize,
    });
    this.print(flags, {
      json: () => doctorJson(findings),
      text: (view) => formatFindings(findings, view),
    });
    if (!isWell(findings)) process.exitCode = 1;
  }
}
