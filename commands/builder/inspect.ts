// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { findListed } from "../../src/runner/buildkit/connection/list-builders.ts";
import { builderReportJson, formatBuilder } from "../../src/ui/builders.ts";
import { withProgress } from "../../src/ui/progress.ts";
import { BuilderCommand, builderArgument } from "./builder-command.ts";

export class BuilderInspect extends BuilderCommand {
  static override summary = "Show everything about a builder";
  static override description =
    "Where it is, what chose it, BuildKit's version, platforms, workers and what its cache takes; without a name, of the " +
    "builder that is used here.";
  static override examples = [
    "<%= config.bin %> builder inspect",
    "<%= config.bin %> builder inspect mine --bootstrap",
  ];
  static override args = builderArgument;
  static override flags = {
    bootstrap: Flags.boolean({ summary: "Start it if its container is stopped" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(BuilderInspect);
    const { settings, sources } = await this.known();
    const listed = await findListed(args.name, settings, sources);
    const stream = flags.json ? undefined : process.stderr;
    const rows = await withProgress({ title: `Asking ${listed.name}`, stream }, () =>
      this.probe([listed], { start: flags.bootstrap }),
    );
    for (const row of rows) {
      this.print(flags, { json: () => builderReportJson(row), text: (view) => formatBuilder(row, view) });
      if ("error" in row.status) throw row.status.error;
    }
  }
}
