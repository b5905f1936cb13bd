// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Config } from "../src/config/config.ts";
import { SETTING_NAMES, variableOf } from "../src/config/settings.ts";
import { GreenError } from "../src/error.ts";
import { type EnvRow, envJson, envRows, formatEnv, WRAPPER } from "../src/ui/env.ts";
import { GreenCommand } from "./base.ts";

const NAMES = [WRAPPER, ...SETTING_NAMES.map(variableOf)];

export class Env extends GreenCommand {
  static override summary = "Print the settings in force";
  static override description =
    "Without names, all of them as NAME=value lines that a shell can read, with where each comes from; " +
    "with one name, only its value.";
  static override examples = ["RUSTC_WRAPPER=$(<%= config.bin %> env RUSTC_WRAPPER) cargo build"];
  static override usage = "env [NAME…]";
  static override strict = false;

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Env);
    const names = argv.length === 0 ? NAMES : argv.map(String);
    const unknown = names.find((name) => !NAMES.includes(name));
    if (unknown !== undefined) {
      const { nearestVariable } = await import("../src/config/nearest.ts");
      const near = nearestVariable(unknown, NAMES);
      const hint = near === undefined ? `there are ${NAMES.join(", ")}` : `did you mean ${near}?`;
      throw new GreenError("usage", `"${unknown}" is no setting`, { hint });
    }
    const resolved = await this.resolved({ exact: false });
    const wrapper = names.includes(WRAPPER) ? await this.wrapper(resolved.config) : undefined;
    const all = envRows(resolved, wrapper);
    const rows = names.flatMap((name): EnvRow[] => all.filter((row) => row.name === name));
    this.print(flags, {
      json: () => envJson(rows),
      text: () => (argv.length === 1 ? `${rows[0]?.value ?? ""}\n` : formatEnv(rows)),
    });
  }

  /** Path of the shim, which is compiled if it is not there yet. */
  private async wrapper(config: Config): Promise<string> {
    const { prepareShim } = await import("../src/broker/shim.ts");
    const shim = await prepareShim(config, process.env, (text) => process.stderr.write(`${text}\n`));
    return shim.path;
  }
}
