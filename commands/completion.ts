// SPDX-License-Identifier: MIT OR Apache-2.0
import { Args } from "@oclif/core";
import { completionScript, SHELLS, type Shell } from "../src/completion/scripts.ts";
import { GreenCommand } from "./base.ts";

export class Completion extends GreenCommand {
  static override summary = "Print a script that makes a shell complete `cargo green`";
  static override examples = ["source <(<%= config.bin %> completion bash)"];
  static override args = {
    shell: Args.string({ required: true, options: [...SHELLS], description: "The shell" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Completion);
    const script = completionScript(args.shell as Shell);
    this.print(flags, { json: () => ({ script }), text: () => script });
  }
}
