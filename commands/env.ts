// SPDX-License-Identifier: MIT OR Apache-2.0
import { VARIABLES } from "../src/config/source.ts";
import { variablesOf } from "../src/config/variables.ts";
import { GreenError } from "../src/error.ts";
import { quoteForShell } from "../src/ui/shell-quote.ts";
import { GreenCommand } from "./base.ts";

const WRAPPER = "RUSTC_WRAPPER";
const NAMES = [WRAPPER, ...Object.values(VARIABLES)];

export class Env extends GreenCommand {
  static override summary = "Print the settings in force";
  static override description =
    "Without names, all of them as NAME=value lines that a shell can read; with one name, only its value.";
  static override examples = ["RUSTC_WRAPPER=$(<%= config.bin %> env RUSTC_WRAPPER) cargo build"];
  static override usage = "env [NAME…]";
  static override strict = false;

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Env);
    const names = argv.length === 0 ? NAMES : argv.map(String);
    const unknown = names.find((name) => !NAMES.includes(name));
    if (unknown !== undefined) {
      throw new GreenError("usage", `"${unknown}" is no setting`, { hint: `there are ${NAMES.join(", ")}` });
    }
    const known = new Map(variablesOf(this.settings()));
    if (names.includes(WRAPPER)) known.set(WRAPPER, await this.wrapper());
    const values = names.map((name) => [name, known.get(name) ?? ""] as const);
    this.print(flags, {
      json: () => ({ env: Object.fromEntries(values) }),
      text: () => {
        const [only] = values;
        if (argv.length === 1 && only !== undefined) return `${only[1]}\n`;
        return values.map(([name, value]) => `${name}=${quoteForShell(value)}\n`).join("");
      },
    });
  }

  /** Path of the shim, which is compiled if it is not there yet. */
  private async wrapper(): Promise<string> {
    const { prepareShim } = await import("../src/broker/shim.ts");
    const shim = await prepareShim(this.settings(), process.env, (text) => process.stderr.write(`${text}\n`));
    return shim.path;
  }
}
