// SPDX-License-Identifier: MIT OR Apache-2.0
import { S3Client } from "@aws-sdk/client-s3";
import type { BucketAddress } from "../address.ts";
import { bucketCaches } from "../buildkit/bucket-caches.ts";
import type { ExportedCaches } from "../buildkit/exported-caches.ts";
import type { Remote } from "../remote.ts";
import type { BucketOptions } from "./bucket-client.ts";
import { isWithoutCredentials } from "./bucket-error.ts";
import { S3Remote, type S3RemoteOptions } from "./s3-remote.ts";

/** What a request is signed with. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Credentials are the same in all. */
const ANY_REGION = "us-east-1";

/** Opens a bucket. Nothing is sent before something is asked. What this module imports takes 150 ms to load. */
export function openS3(name: string, address: BucketAddress, options: S3RemoteOptions): Remote {
  return new S3Remote(name, address, options);
}

/** The same for the caches that BuildKit exported there. */
export function openS3Caches(name: string, address: BucketAddress, options: BucketOptions): ExportedCaches {
  return bucketCaches(name, address, options);
}

/** Credentials that the AWS tools would find, for who must hand them on; undefined if there are none. */
export async function findAwsCredentials(): Promise<AwsCredentials | undefined> {
  const client = new S3Client({ region: ANY_REGION });
  try {
    return await client.config.credentials();
  } catch (thrown) {
    if (isWithoutCredentials(thrown)) return undefined;
    throw thrown;
  } finally {
    client.destroy();
  }
}
