// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve } from "node:path";
import { GreenError } from "../../src/error.ts";
import type { UnitStore } from "../../src/store/store.ts";
import { quoteForShell } from "../../src/ui/shell-quote.ts";
import { unitName } from "../../src/ui/unit-name.ts";
import type { UnitRecord } from "../../src/unit/record.ts";
import type { Printable } from "../base.ts";

/**
 * The Containerfile of the one unit that is meant, written into a directory if one is named.
 * @throws GreenError "usage" if several are meant
 */
export async function showContainerfile(
  found: readonly { readonly record: UnitRecord }[],
  store: Pick<UnitStore, "memo" | "digestFile" | "read">,
  output: string | undefined,
): Promise<Printable> {
  const [first, another] = found;
  if (first === undefined || another !== undefined) {
    throw new GreenError("usage", "Several units match, and a Containerfile is of one", {
      hint: "name a key, or add --kind; `cargo green cache ls` lists them",
    });
  }
  const { unitContainerfile } = await import("../../src/broker/container/unit-containerfile.ts");
  const { instance, identity } = first.record;
  const { text, withheld, writeTo } = await unitContainerfile(instance, unitName(identity), store);
  if (withheld.length > 0) {
    process.stderr.write(`left out the values of ${withheld.join(", ")}: they look like secrets\n`);
  }
  if (output === undefined) return { json: () => ({ containerfile: text, withheld }), text: () => text };
  const directory = resolve(output);
  await writeTo(directory);
  const build = `docker build --output type=local,dest=OUTPUT ${quoteForShell(output)}`;
  return {
    json: () => ({ containerfile: text, withheld, output: directory }),
    text: () => `wrote ${output}: \`${build}\` builds it\n`,
  };
}
