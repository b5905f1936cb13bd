// SPDX-License-Identifier: MIT OR Apache-2.0
import { gatherStats } from "../../src/store/stats.ts";
import { formatStats } from "../../src/ui/stats.ts";
import { GreenCommand } from "../base.ts";

export class CacheStats extends GreenCommand {
  static override summary = "Say what the cache holds, and where";
  static override usage = "cache stats [OPTIONS]";

  async run(): Promise<void> {
    const { flags } = await this.parse(CacheStats);
    await this.withStore((store) => {
      const stats = gatherStats(store);
      this.print(flags, { json: () => stats, text: (view) => formatStats(stats, view) });
    });
  }
}
