// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { localRustc } from "../../src/cargo/local-rustc.ts";
import { officialImage } from "../../src/containerfile/base/official-image.ts";
import { readImageDigest } from "../../src/remote/image-digest.ts";
import { applyChange } from "../../src/setup/file-change.ts";
import { planPin } from "../../src/setup/pin-base-image.ts";
import { formatPin, pinJson } from "../../src/ui/pin.ts";
import { GreenCommand } from "../base.ts";

export class BuilderPin extends GreenCommand {
  static override summary = "Write down which image `base-image` is now, by its digest";
  static override description =
    "Asks the registry what the tag leads to, and writes tag and digest where the setting stands; if it is not set, " +
    "the official image with the local rustc goes into the workspace's .cargo/green.toml. Everything else in the file " +
    "stays. Run again to follow a tag that has moved.";
  static override examples = ["<%= config.bin %> builder pin --dry-run", "<%= config.bin %> builder pin"];
  static override flags = {
    "dry-run": Flags.boolean({ char: "n", summary: "Only say what would be written" }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(BuilderPin);
    const resolved = await this.resolved({ exact: true });
    const context = { env: process.env, cwd: process.cwd() };
    const official = async () => officialImage(await localRustc(process.env, process.cwd()));
    const pinned = await planPin(resolved, official, (image) => readImageDigest(image, context));
    const isNew = pinned.change.before !== pinned.change.after;
    if (isNew && !flags["dry-run"]) await applyChange(pinned.change);
    this.print(flags, {
      json: () => pinJson(pinned, isNew && !flags["dry-run"]),
      text: (view) => formatPin(pinned, view),
    });
  }
}
