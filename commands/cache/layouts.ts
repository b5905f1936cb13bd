// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import type { Config } from "../../src/config/config.ts";
import { type NamedRemote, remoteNamed } from "../../src/config/remotes.ts";
import { GreenError } from "../../src/error.ts";

/** Flags of `export` and `import`. */
export const layoutFlags = {
  "include-private": Flags.boolean({
    summary:
      "Units that must stay private too: for a place that only you and those you trust can write and read",
  }),
  "dry-run": Flags.boolean({ char: "n", summary: "Only say what would be done" }),
};

/**
 * The directory or tar file that an argument means; one that the settings know is as they say.
 * @throws GreenError "usage" if it is none
 */
export function layoutNamed(
  text: unknown,
  config: Config,
  { isPrivate }: { readonly isPrivate: boolean },
): NamedRemote {
  const place = { directory: process.cwd(), home: process.env["HOME"] };
  if (typeof text !== "string" || text === "") {
    throw new GreenError("usage", "No directory or tar file is named", {
      hint: "write `cargo green cache export DIRECTORY`, or FILE.tar",
    });
  }
  const isAddress = Object.hasOwn(config.remotes, text) || /^(?:oci-layout:|oci:\/\/|s3:\/\/)/.test(text);
  const named = remoteNamed(config, isAddress ? text : `oci-layout:${text}`, place);
  if (!named.url.startsWith("oci-layout:")) {
    throw new GreenError("usage", `"${named.name}" is neither a directory nor a tar file`, {
      hint: "`cargo green cache push` and `pull` are for other remotes",
    });
  }
  return isPrivate ? { ...named, visibility: "private" } : named;
}
