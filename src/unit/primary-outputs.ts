// SPDX-License-Identifier: MIT OR Apache-2.0
import type { OutputFile, UnitRecord } from "./record.ts";

/**
 * What dependents see of a unit, and its instance is made of: of a compilation the metadata, if it leaves any, else
 * everything but dep-info; of a build script's run everything.
 */
export function primaryOutputs({
  identity,
  outputs,
}: Pick<UnitRecord, "identity" | "outputs">): readonly OutputFile[] {
  if (identity.kind === "build-script-run") return outputs;
  const metadata = outputs.filter(({ path }) => path.endsWith(".rmeta"));
  return metadata.length > 0 ? metadata : outputs.filter(({ path }) => !path.endsWith(".d"));
}
