// SPDX-License-Identifier: MIT OR Apache-2.0
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { GreenError } from "../../error.ts";
import type { Bucket, CallOptions } from "./bucket.ts";

export interface ListOptions extends CallOptions {
  /** Keys wanted at once; servers give 1000 at most. */
  readonly page?: number | undefined;
  /** Of the keys without their prefix, those after this one. */
  readonly after?: string | undefined;
}

/** What a list says of an object. */
export interface ListedObject {
  /** Without the prefix. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** When it was written, milliseconds since the epoch. */
  readonly modified: number;
}

/** One page of keys that begin with a prefix, without it. */
export interface KeyPage {
  readonly keys: readonly string[];
  /** The same with what else is said of them. */
  readonly objects: readonly ListedObject[];
  /** There are more after the last. */
  readonly more: boolean;
}

/** Asks for a page of keys, in the order of their bytes. */
export async function listPage(
  bucket: Bucket,
  prefix: string,
  { page, after = "", ...options }: ListOptions,
): Promise<KeyPage> {
  const answer = await bucket.call(
    (client, abortSignal) =>
      client.send(
        new ListObjectsV2Command({
          ...{ Bucket: bucket.name, Prefix: prefix },
          ...(after === "" ? {} : { StartAfter: prefix + after }),
          ...(page === undefined ? {} : { MaxKeys: page }),
        }),
        { abortSignal },
      ),
    options,
  );
  if (answer.Name === undefined && answer.KeyCount === undefined && answer.IsTruncated === undefined) {
    throw new GreenError("protocol", "What it answers is no list of objects", {
      side: bucket.side,
      hint: "check that the endpoint is an S3 server",
    });
  }
  const objects = (answer.Contents ?? []).map(({ Key = "", Size: size = 0, LastModified: at }) => ({
    ...{ key: Key.slice(prefix.length), size, modified: at?.getTime() ?? 0 },
  }));
  const keys = objects.map(({ key }) => key);
  const more = answer.IsTruncated === true;
  const last = keys.at(-1);
  if (more && (last === undefined || last <= after)) {
    throw new GreenError("protocol", "It says that there are more objects, and names none", {
      side: bucket.side,
    });
  }
  return { keys, objects, more };
}
