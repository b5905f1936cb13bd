// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { splitAdoptArguments } from "../../src/adopt-arguments.ts";
import { formatAdoption } from "../../src/ui/adoption.ts";
import { adoptionJson } from "../../src/ui/json.ts";
import { withProgress } from "../../src/ui/progress.ts";
import { GreenCommand } from "../base.ts";

export class CacheAdopt extends GreenCommand {
  static override summary = "Take in what plain cargo built before";
  static override description =
    "Goes through the build that the arguments ask for, compiles nothing, and makes units of the cache of what the " +
    "target directory holds of it, as far as it is certain what that was made from. " +
    "Everything after our own flags is cargo's: name what you build with. Nothing means `build`.";
  static override examples = [
    "<%= config.bin %> cache adopt",
    "<%= config.bin %> cache adopt --dry-run test --release --workspace",
  ];
  static override usage = "cache adopt [OPTIONS] [CARGO-COMMAND ARGUMENTS…]";
  static override strict = false;
  static override flags = {
    "dry-run": Flags.boolean({ char: "n", summary: "Only say what would be taken in" }),
  };

  async run(): Promise<void> {
    const { own, cargo } = splitAdoptArguments(this.argv);
    this.argv = [...own];
    const { flags } = await this.parse(CacheAdopt);
    const dryRun = flags["dry-run"];
    const stream = flags.json ? undefined : process.stderr;
    const config = await this.settings();
    await this.withStore(async (store) => {
      const { adoptBuild } = await import("../../src/broker/adopt/adopt.ts");
      const report = await withProgress({ title: "Adopting", stream }, (onProgress) =>
        adoptBuild(cargo, { env: process.env, cwd: process.cwd(), config, store, dryRun, onProgress }),
      );
      const adoption = { ...report, dryRun };
      this.print(flags, {
        json: () => adoptionJson(adoption),
        text: (view) => formatAdoption(adoption, view),
      });
    });
  }
}
