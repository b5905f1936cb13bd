// SPDX-License-Identifier: MIT OR Apache-2.0
import type { InstanceId } from "../../unit/digest.ts";
import { withheldUnits } from "./push-plan.ts";
import { type SelectionStore, unitsWithClosure } from "./push-selection.ts";
import { objectionsFor, type Pusher } from "./push-workspace.ts";

/** Which of some results everybody may see, by the rules that hold for remotes. Throws the signal's reason. */
export async function everybodysResults(
  instances: readonly InstanceId[],
  pusher: Pusher & { readonly store: Pick<SelectionStore, "byInstance" | "find" | "replaysOf"> },
  signal: AbortSignal,
): Promise<ReadonlySet<InstanceId>> {
  const units = unitsWithClosure(instances, pusher.store);
  const { objection } = objectionsFor("public", pusher);
  const withheld = await withheldUnits(units, objection, signal);
  return new Set(units.filter((unit) => !withheld.has(unit)).map(({ record }) => record.instance));
}
