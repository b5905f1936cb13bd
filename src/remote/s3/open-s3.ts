// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BucketAddress } from "../address.ts";
import type { Remote } from "../remote.ts";
import { S3Remote, type S3RemoteOptions } from "./s3-remote.ts";

/** Opens a bucket. Nothing is sent before something is asked. What this module imports takes 150 ms to load. */
export function openS3(name: string, address: BucketAddress, options: S3RemoteOptions): Remote {
  return new S3Remote(name, address, options);
}
