// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Remote } from "../../remote/remote.ts";

/** The repository that blobs can be mounted from: both are in one registry, and not the same repository. */
export function mountSource(from: Remote, to: Remote): string | undefined {
  if (from.repository === undefined || to.repository === undefined) return undefined;
  const [one, other] = [from.url, to.url].map((url) => URL.parse(url)?.host);
  return one !== undefined && one !== "" && one === other && from.repository !== to.repository
    ? from.repository
    : undefined;
}
