// SPDX-License-Identifier: MIT OR Apache-2.0
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A bucket in memory, for one client that trusts it. */
export interface Bucket {
  readonly endpoint: string;
  close(): void;
}

/** Starts one: objects by their path, and lists without any. */
export async function startBucket(): Promise<Bucket> {
  const objects = new Map<string, { readonly bytes: Buffer; readonly headers: Record<string, string> }>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, headers } = request;
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://bucket");
    if (method === "PUT") {
      const kept = Object.entries(headers).filter(([name]) => /^(content-type$|x-amz-meta-)/.test(name));
      const bytes = await buffer(request);
      objects.set(pathname, { bytes, headers: Object.fromEntries(kept) as Record<string, string> });
      response.writeHead(200, { etag: '"x"' }).end();
      return;
    }
    const found = objects.get(pathname);
    if (searchParams.has("list-type")) {
      response.writeHead(200).end("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
    } else if (found === undefined) {
      response.writeHead(404).end(method === "HEAD" ? "" : "<Error><Code>NoSuchKey</Code></Error>");
    } else {
      response.writeHead(200, { ...found.headers, "content-length": found.bytes.length });
      response.end(method === "HEAD" ? "" : found.bytes);
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => void server.close(),
  };
}
