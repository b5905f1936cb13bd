// SPDX-License-Identifier: MIT OR Apache-2.0
import { filterFlags, selectorArgument } from "../selection-flags.ts";
import { Pinning } from "./pinning.ts";

export class CachePin extends Pinning {
  static override summary = "Keep units: prune leaves them alone";
  static override usage = "cache pin [SELECTOR…] [OPTIONS]";
  static override strict = false;
  static override args = selectorArgument;
  static override flags = filterFlags;
  static override examples = ["<%= config.bin %> cache pin ripgrep --profile release"];

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CachePin);
    await this.apply("pin", argv, flags);
  }
}
