// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash, createHmac } from "node:crypto";

export interface S3Access {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Sends one signed request to an S3 server, without the AWS SDK. `path` begins with the bucket and is sent as it is.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export async function signedS3Request(
  { endpoint, region, credentials }: S3Access,
  method: "GET" | "PUT" | "DELETE",
  path: string,
  content: string | Uint8Array<ArrayBuffer> = "",
): Promise<{ readonly status: number; readonly body: string }> {
  const url = new URL(path, endpoint);
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const digest = sha256(content);
  const signed = { host: url.host, "x-amz-content-sha256": digest, "x-amz-date": time };
  const names = Object.keys(signed).join(";");
  const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
  url.searchParams.sort();
  const canonical = [method, url.pathname, url.searchParams, lines.join(""), names, digest].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(key, toSign).toString("hex");
  const credential = `Credential=${credentials.accessKeyId}/${scope}`;
  const response = await fetch(url, {
    method,
    headers: {
      "x-amz-content-sha256": digest,
      "x-amz-date": time,
      authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`,
    },
    ...(method === "PUT" ? { body: content } : {}),
  });
  return { status: response.status, body: await response.text() };
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function hmac(key: string | Buffer, content: string): Buffer {
  return createHmac("sha256", key).update(content).digest();
}
