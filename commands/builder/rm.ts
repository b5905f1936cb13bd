// SPDX-License-Identifier: MIT OR Apache-2.0
import { Args, Flags } from "@oclif/core";
import type { ResolvedConfig } from "../../src/config/resolve.ts";
import { GreenError } from "../../src/error.ts";
import { builderNamed } from "../../src/runner/buildkit/connection/find-builder.ts";
import { planBuilderRemove } from "../../src/setup/builder-settings.ts";
import { applyChange } from "../../src/setup/file-change.ts";
import { forgottenJson, formatForgotten } from "../../src/ui/builders.ts";
import { withProgress } from "../../src/ui/progress.ts";
import { consentFlags } from "../consent.ts";
import { BuilderCommand } from "./builder-command.ts";

export class BuilderRm extends BuilderCommand {
  static override summary = "Forget a builder, and remove the container that was made for it";
  static override description =
    "Builders of your own green.toml only: those of docker buildx are removed by that. A container that `builder create` " +
    "made is removed with what BuildKit kept in it; nothing else is stopped or removed.";
  static override examples = [
    "<%= config.bin %> builder rm mine",
    "<%= config.bin %> builder rm mine --keep-state --yes",
  ];
  static override args = { name: Args.string({ required: true, description: "A builder of the settings" }) };
  static override flags = {
    ...consentFlags,
    "keep-state": Flags.boolean({ summary: "Keep what BuildKit kept, for a builder of the same name" }),
    "keep-container": Flags.boolean({ summary: "Only forget it" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(BuilderRm);
    const { name } = args;
    const { resolved, settings, sources } = await this.known();
    const path = this.userFile(resolved);
    const place = await builderNamed(name, "", settings, sources);
    refuseOthers(name, resolved, path);
    const keepState = flags["keep-state"];
    const containers = await import("../../src/runner/buildkit/connection/container-builder.ts");
    const made = flags["keep-container"]
      ? undefined
      : await this.untilInterrupted((signal) => containers.findMade(name, place.at, process.env, signal));
    const forgotten = { place, container: made?.name, keepState };
    const question = formatForgotten(forgotten, "question");
    const go = !flags["dry-run"] && (await this.consent(question, flags.yes));
    if (go && made !== undefined) {
      const stream = flags.json ? undefined : process.stderr;
      await withProgress({ title: `Removing ${made.name}`, stream }, () =>
        this.untilInterrupted((signal) => containers.removeMade(made, { keepState, signal }, process.env)),
      );
    }
    if (go) await applyChange(await planBuilderRemove(path, name));
    this.print(flags, {
      json: () => forgottenJson(forgotten, go),
      text: () => formatForgotten(forgotten, go ? "done" : "not done"),
    });
  }
}

/** Throws GreenError "usage" for what is not written in the user's own settings. */
function refuseOthers(name: string, { tableOrigins }: ResolvedConfig, path: string): void {
  const origin = tableOrigins.builders.get(name)?.get("url");
  if (origin === undefined) {
    throw new GreenError("usage", `"${name}" is docker's, not one of your settings`, {
      hint: `\`docker buildx rm ${name}\` removes a builder, \`docker context rm\` a context`,
    });
  }
  if (origin.kind === "file" && origin.path !== path) {
    throw new GreenError("usage", `"${name}" is written in ${origin.path}, at line ${origin.line}`, {
      hint: `remove [builders.${name}] there`,
    });
  }
}
