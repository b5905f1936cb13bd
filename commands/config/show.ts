// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { Flags } from "@oclif/core";
import { unreadFiles } from "../../src/config/unread.ts";
import { GreenError } from "../../src/error.ts";
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
    if (!existsSync(start)) {
      throw new GreenError("not-found", `There is no manifest "${start}"`, { hint: "name a Cargo.toml" });
    }
    const resolved = await this.resolved({ exact: true, start });
    const unread = unreadFiles(resolved.places, start);
    this.print(flags, {
      json: () => configJson(resolved, unread),
      text: (view) => formatConfig(resolved, unread, view),
    });
  }
}
