// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Timestamp } from "@bufbuild/protobuf/wkt";

/** Milliseconds since 1970. */
export function timestampMs(time: Timestamp | undefined): number | undefined {
  return time === undefined ? undefined : Number(time.seconds) * 1000 + time.nanos / 1e6;
}
