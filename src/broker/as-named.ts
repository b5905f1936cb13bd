// SPDX-License-Identifier: MIT OR Apache-2.0
import { isAbsolute } from "node:path";

/**
 * An absolute path that keeps the way it was named: `../shared/x` seen from `/a/ws` is `/a/ws/../shared/x`.
 * In another checkout the same name leads to that checkout's neighbour, `/a/shared/x` would lead back to this one's.
 */
export function asNamed(directory: string, path: string): string {
  return isAbsolute(path) ? path : `${directory}/${path}`;
}
