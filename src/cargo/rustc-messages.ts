// SPDX-License-Identifier: MIT OR Apache-2.0

const ARTIFACT = '{"$message_type":"artifact"';

/** True if rustc wrote anything but artifact notifications, whose look does not depend on presentation options. */
export function hasDiagnostics(output: string): boolean {
  return output.split("\n").some((line) => line !== "" && !line.startsWith(ARTIFACT));
}
