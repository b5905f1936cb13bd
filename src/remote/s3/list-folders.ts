// SPDX-License-Identifier: MIT OR Apache-2.0
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { Bucket, CallOptions } from "./bucket.ts";

/** What lies directly below a prefix. */
export interface Folders {
  /** Without the prefix, each with the slash at its end; those of the first thousand entries. */
  readonly names: readonly string[];
  /** There are objects beside them, or more than a thousand entries. */
  readonly more: boolean;
}

/** Asks for the folders below a prefix, which is empty or ends with a slash. */
export async function listFolders(bucket: Bucket, prefix: string, options: CallOptions): Promise<Folders> {
  const answer = await bucket.call(
    (client, abortSignal) =>
      client.send(new ListObjectsV2Command({ Bucket: bucket.name, Prefix: prefix, Delimiter: "/" }), {
        abortSignal,
      }),
    options,
  );
  const names = (answer.CommonPrefixes ?? []).map(({ Prefix: name = "" }) => name.slice(prefix.length));
  return { names, more: answer.IsTruncated === true || (answer.Contents ?? []).length > 0 };
}
