// SPDX-License-Identifier: MIT OR Apache-2.0
import { listBuilders } from "../../src/runner/buildkit/connection/list-builders.ts";
import { builderJson, formatBuilderErrors, formatBuilders } from "../../src/ui/builders.ts";
import { withProgress } from "../../src/ui/progress.ts";
import { BuilderCommand } from "./builder-command.ts";

export class BuilderLs extends BuilderCommand {
  static override summary = "List builders, and how they are";
  static override description =
    "Builders of the settings, of docker buildx, and docker's contexts; the one with a star is used here. All are asked " +
    "how they are; nothing is started.";
  static override examples = ["<%= config.bin %> builder ls"];

  async run(): Promise<void> {
    const { flags } = await this.parse(BuilderLs);
    const { settings, sources } = await this.known();
    const listed = await listBuilders(settings, sources);
    const stream = flags.json ? undefined : process.stderr;
    const rows = await withProgress({ title: "Asking builders", stream }, () =>
      this.probe(listed, { start: false }),
    );
    this.print(flags, {
      json: () => ({ builders: rows.map(builderJson) }),
      text: (view) => formatBuilders(rows, view),
    });
    if (!flags.json) process.stderr.write(formatBuilderErrors(rows));
  }
}
