// SPDX-License-Identifier: MIT OR Apache-2.0

import { refuseLocalFlags } from "../remote-arguments.ts";
import { filterFlags, selectionOf, selectorArgument } from "../selection-flags.ts";
import { layoutFlags, layoutNamed } from "./layouts.ts";
import { PullingUnits } from "./pulling-units.ts";

export class CacheImport extends PullingUnits {
  static override summary = "Bring units from a directory or tar file into the cache";
  static override description =
    "What `export`, `push` or another program wrote there as an OCI layout: all of it, or the selected units. What " +
    "claims to be private is not taken without --include-private.";
  static override examples = [
    "<%= config.bin %> cache import deps.tar",
    "<%= config.bin %> cache import deps serde --dry-run",
  ];
  static override usage = "cache import DIRECTORY|FILE.tar [SELECTOR…] [OPTIONS]";
  static override strict = false;
  static override args = selectorArgument;
  static override flags = { ...filterFlags, ...layoutFlags };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(CacheImport);
    const [place, ...selectors] = argv;
    const named = layoutNamed(place, await this.settings(), { isPrivate: flags["include-private"] });
    refuseLocalFlags(flags);
    const selection = selectionOf(selectors, flags, Date.now());
    await this.pullSelected(named, selection, { ...flags, verb: "import" });
  }
}
