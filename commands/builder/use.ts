// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { builderSettings } from "../../src/config/builders.ts";
import { GreenError } from "../../src/error.ts";
import { builderNamed, findBuilder } from "../../src/runner/buildkit/connection/find-builder.ts";
import { usable } from "../../src/runner/buildkit/connection/unsupported.ts";
import { planBuilderUse } from "../../src/setup/builder-settings.ts";
import { applyChange } from "../../src/setup/file-change.ts";
import { formatUsed, placeJson } from "../../src/ui/builders.ts";
import { BuilderCommand, builderArgument } from "./builder-command.ts";

export class BuilderUse extends BuilderCommand {
  static override summary = "Choose the builder for all your projects";
  static override description =
    "Written as `builder` into green.toml in CARGO_HOME; docker's own choice stays as it is. --unset takes it back: then " +
    "builders are found as docker finds them.";
  static override examples = [
    "<%= config.bin %> builder use mine",
    "<%= config.bin %> builder use ssh://me@bigger.example",
    "<%= config.bin %> builder use --unset",
  ];
  static override usage = "builder use NAME|--unset [OPTIONS]";
  static override args = builderArgument;
  static override flags = { unset: Flags.boolean({ summary: "Choose none: as docker has it" }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(BuilderUse);
    if ((args.name === undefined) !== (flags.unset === true)) {
      throw new GreenError("usage", "Name a builder, or say --unset", {
        hint: "`cargo green builder ls` shows them",
      });
    }
    const { resolved, settings, sources } = await this.known();
    // That it can be used is checked before it is written down.
    if (args.name !== undefined) usable(await builderNamed(args.name, "", settings, sources));
    await applyChange(await planBuilderUse(this.userFile(resolved), args.name));
    const now = await findBuilder(builderSettings(await this.resolved({ exact: false })), sources);
    this.print(flags, { json: () => ({ used: placeJson(now) }), text: () => formatUsed(now, args.name) });
  }
}
