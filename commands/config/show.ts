// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { configJson, formatConfig } from "../../src/ui/config.ts";
import { GreenCommand } from "../base.ts";

export class ConfigShow extends GreenCommand {
  static override summary = "Show the settings in force, and where each comes from";
  static override description =
    "Of settings that this version does not use yet, those are shown that are set; --json has all.";
  static override examples = [
    "<%= config.bin %> config show",
    "<%= config.bin %> config show --green-profile ci --manifest-path crates/app/Cargo.toml",
  ];
  static override flags = {
    "manifest-path": Flags.string({ helpValue: "PATH", summary: "As if cargo were called with it" }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ConfigShow);
    const start = flags["manifest-path"] ?? process.cwd();
    const resolved = await this.resolved({ exact: true, start });
    this.print(flags, {
      json: () => configJson(resolved),
      text: (view) => formatConfig(resolved, view),
    });
  }
}
