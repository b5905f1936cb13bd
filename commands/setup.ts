// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { cargoHomeOf } from "../src/config/places.ts";
import { GreenError } from "../src/error.ts";
import type { FileChange } from "../src/setup/file-change.ts";
import { plannedChanges, plannedUndo, type SetupContext, setUp, undo } from "../src/setup/setup.ts";
import { CI_SERVICES, type CiService, workflowFor } from "../src/setup/workflows.ts";
import { formatChanges, setupJson } from "../src/ui/setup.ts";
import { type CommonFlags, GreenCommand } from "./base.ts";
import { consentFlags } from "./consent.ts";

export class Setup extends GreenCommand {
  static override summary = "Make plain cargo and rust-analyzer use the cache";
  static override description =
    "Shows what it would change in Cargo's config.toml and in green.toml, both in CARGO_HOME, and asks. " +
    "Comments and everything else in these files stay; --undo puts them back as they were.";
  static override examples = [
    "<%= config.bin %> setup --dry-run",
    "<%= config.bin %> setup --ci github > .github/workflows/green.yml",
  ];
  static override flags = {
    ...consentFlags,
    undo: Flags.boolean({ summary: "Put everything back as it was" }),
    ci: Flags.string({ options: [...CI_SERVICES], summary: "Only print a workflow for this service" }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Setup);
    if (flags.ci !== undefined) {
      const workflow = workflowFor(flags.ci as CiService);
      return this.print(flags, { json: () => ({ workflow }), text: () => workflow });
    }
    const cargoHome = cargoHomeOf(process.env, process.cwd());
    if (cargoHome === undefined) {
      throw new GreenError("environment", "There is no CARGO_HOME, and no HOME", { hint: "set CARGO_HOME" });
    }
    const { SHIM_NAME } = await import("../src/shim/install.ts");
    const context = { env: process.env, cargoHome, shimName: SHIM_NAME };
    await (flags.undo ? this.undo(context, flags) : this.setUp(context, flags));
  }

  private async setUp(context: SetupContext, flags: SetupFlags): Promise<void> {
    const changes = await plannedChanges(context);
    const go = await this.agree(changes, flags, "Make these changes?");
    if (go || (changes.length === 0 && !flags["dry-run"])) {
      const { prepareShim } = await import("../src/broker/shim.ts");
      const say = (text: string) => process.stderr.write(`${text}\n`);
      const shim = await prepareShim(await this.settings(), process.env, say);
      await setUp(changes, context, shim.path);
    }
    const undoHint = go ? "Done; `cargo green setup --undo` takes it back\n" : "";
    this.report(changes, flags, go, changes.length === 0 ? "All is set up\n" : undoHint);
  }

  private async undo(context: SetupContext, flags: SetupFlags): Promise<void> {
    const plan = (await plannedUndo(context)) ?? { changes: [], stuck: [] };
    const go = await this.agree(plan.changes, flags, "Put these files back?");
    if (go || (plan.changes.length === 0 && !flags["dry-run"])) await undo(plan, context);
    this.report(
      plan.changes,
      flags,
      go,
      go ? "Undone\n" : plan.changes.length === 0 ? "There is nothing to undo\n" : "",
    );
    const [stuck] = plan.stuck;
    if (stuck === undefined) return;
    throw new GreenError("config", `"${stuck.path}" was edited where setup wrote: it stays as it is`, {
      hint: "remove by hand what setup added, then run `cargo green setup --undo` again",
    });
  }

  /** Shows the changes, and asks. */
  private async agree(changes: readonly FileChange[], flags: SetupFlags, question: string): Promise<boolean> {
    if (changes.length === 0) return false;
    if (!flags.json) process.stdout.write(formatChanges(changes, this.view(flags)));
    return !flags["dry-run"] && (await this.consent(question, flags.yes));
  }

  private report(changes: readonly FileChange[], flags: SetupFlags, done: boolean, text: string): void {
    this.print(flags, { json: () => setupJson(changes, done), text: () => text });
  }
}

interface SetupFlags extends CommonFlags {
  readonly "dry-run": boolean;
  readonly yes: boolean;
}
