// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ParsedContainerfile } from "./parsed-containerfile.ts";

/**
 * Reads a Containerfile; what does that is loaded now.
 * @param what what it is, for errors: `base-image-inline`
 * @throws GreenError "config" if it starts from nothing
 */
export async function parseContainerfile(text: string, what: string): Promise<ParsedContainerfile> {
  const { readContainerfile } = await import("./read-containerfile.ts");
  return readContainerfile(text, what);
}
