// SPDX-License-Identifier: MIT OR Apache-2.0
import type { OutputFile, UnitRecord } from "../../unit/record.ts";

const TARGET = "@@green:TARGET@@/";
/** Where the files of units lie in a layer: `COPY --from=<image> /target /target` puts them where Cargo has them. */
export const FILES_ROOT = "target";

/** Path of an output in a layer; a directory's ends in `/`. */
export function layerPath(record: UnitRecord, output: Pick<OutputFile, "path">): string {
  return `${directoryOf(record)}/${output.path}`;
}

/** `target/release/deps`; for what was written to a directory outside of the target directory, one by its name. */
function directoryOf({ invocation, identity, instance }: UnitRecord): string {
  const { argv, env } = invocation;
  const directory =
    identity.kind === "build-script-run" ? env["OUT_DIR"] : argv[argv.indexOf("--out-dir") + 1];
  const below = directory?.startsWith(TARGET) ? directory.slice(TARGET.length) : undefined;
  const isSafe = below?.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  return below !== undefined && isSafe === true
    ? `${FILES_ROOT}/${below}`
    : `${FILES_ROOT}/.green/${instance}`;
}
