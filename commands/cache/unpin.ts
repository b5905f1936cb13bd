// SPDX-License-Identifier: MIT OR Apache-2.0
import { filterFlags, selectorArgument } from "../selection-flags.ts";
import { Pinning } from "./pinning.ts";

export class CacheUnpin extends Pinning {
  static override summary = "Let prune remove units again";
  static override usage = "cache unpin [SELECTOR…] [OPTIONS]";
  static override strict = false;
  static override args = selectorArgument;
  static override flags = filterFlags;
  static override examples = ["<%= config.bin %> cache unpin ripgrep"];

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CacheUnpin);
    await this.apply("unpin", argv, flags);
  }
}
