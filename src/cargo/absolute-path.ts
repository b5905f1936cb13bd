// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve } from "node:path";

/** What is between slashes and no name: nothing, `.` or `..`. */
const NO_NAME = /\/\.{0,2}(?:\/|$)/;

/** What `resolve` gives, which takes several times as long for the paths that Cargo names: they are absolute and plain. */
export function absolutePath(directory: string, path: string): string {
  return path.startsWith("/") && !NO_NAME.test(path) ? path : resolve(directory, path);
}
