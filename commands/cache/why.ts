// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname, resolve } from "node:path";
import { Args, Flags } from "@oclif/core";
import { GreenError } from "../../src/error.ts";
import { lastBuildAround } from "../../src/store/last-build.ts";
import { parseSelector } from "../../src/store/selector.ts";
import { explainBuild } from "../../src/ui/explain.ts";
import { explanationJson } from "../../src/ui/json.ts";
import { formatWhy } from "../../src/ui/why.ts";
import { GreenCommand } from "../base.ts";

export class CacheWhy extends GreenCommand {
  static override summary = "Say why units of the last build here were compiled";
  static override examples = ["<%= config.bin %> cache why", "<%= config.bin %> cache why openssl-sys"];
  static override usage = "cache why [CRATE] [OPTIONS]";
  static override args = { crate: Args.string({ description: "Only this crate: serde, serde@1 or a key" }) };
  static override flags = {
    "manifest-path": Flags.string({
      helpValue: "PATH",
      summary: "Cargo.toml of the workspace that was built",
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CacheWhy);
    const selector = args.crate === undefined ? undefined : parseSelector(args.crate);
    const manifest = flags["manifest-path"];
    await this.withStore((store) => {
      const start = manifest === undefined ? process.cwd() : dirname(resolve(manifest));
      const build = lastBuildAround(store, start);
      if (build === undefined) {
        throw new GreenError("not-found", `No build was seen in "${start}" or above it`, {
          hint: "run `cargo green build` first",
        });
      }
      const explanation = explainBuild(build, store, selector);
      if (selector !== undefined && explanation.units === 0) {
        throw new GreenError("not-found", `The last build had no unit of "${args.crate}"`);
      }
      this.print(flags, {
        json: () => explanationJson(build, explanation),
        text: (view) => formatWhy(build, explanation, Date.now(), view),
      });
    });
  }
}
