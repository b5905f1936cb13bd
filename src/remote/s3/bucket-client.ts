// SPDX-License-Identifier: MIT OR Apache-2.0
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { rootCertificates } from "node:tls";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { BucketAddress } from "../address.ts";

/** What a client needs of the environment. */
export interface BucketOptions {
  /** AWS_REGION and proxies; the SDK looks for credentials by itself where the AWS tools do. */
  readonly env: NodeJS.ProcessEnv;
  /** PEM of authorities to trust besides Node's. */
  readonly ca?: string | undefined;
  /** PEM. */
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  /** In place of those that the SDK would look for. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

/** More requests wait: a bucket takes thousands, this machine's memory does not. */
const MAX_SOCKETS = 32;
const CONNECT_MS = 10_000; // 10 seconds
/** Nothing at all was heard for so long. */
const SILENCE_MS = 30_000; // 30 seconds
/** One, and three more. */
const ATTEMPTS = 4;

/** Any region will do for servers that know only one. */
const REGION_ELSEWHERE = "us-east-1";

/** A client for a bucket. `anonymous`: requests are not signed, as for buckets that anybody may read. */
export function bucketClient(address: BucketAddress, options: BucketOptions, anonymous = false): S3Client {
  const { env, ca, clientCert, clientKey, credentials } = options;
  const { endpoint } = address;
  const region =
    address.region ??
    env["AWS_REGION"] ??
    env["AWS_DEFAULT_REGION"] ??
    (endpoint === undefined ? undefined : REGION_ELSEWHERE);
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS, proxyEnv: env };
  const tls = {
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
    ...(clientCert === undefined ? {} : { cert: clientCert }),
    ...(clientKey === undefined ? {} : { key: clientKey }),
  };
  const config: S3ClientConfig = {
    ...(region === undefined ? {} : { region }),
    // Other servers do not know the checksums that the SDK would add by itself.
    ...(endpoint === undefined
      ? {}
      : { endpoint, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" }),
    // Everything that is read is compared with its digest.
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent({ ...agent, ...tls }),
    },
    ...(credentials === undefined ? {} : { credentials }),
    ...(anonymous ? UNSIGNED : {}),
  };
  return new S3Client(config);
}

const UNSIGNED: S3ClientConfig = {
  credentials: { accessKeyId: "", secretAccessKey: "" },
  signer: { sign: async (request) => request },
};
