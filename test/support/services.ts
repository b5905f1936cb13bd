// SPDX-License-Identifier: MIT OR Apache-2.0
// Real registries and buckets for tests, each on a port of loopback and with a directory of its own.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "./services/certificates.ts";
import { type Credentials, REGISTRY_CREDENTIALS, S3_CREDENTIALS } from "./services/credentials.ts";
import { type Daemon, startDaemon } from "./services/daemon.ts";
import { distributionConfig } from "./services/distribution-config.ts";
import { freePort } from "./services/listening.ts";
import { program } from "./services/program.ts";
import { signedS3Request } from "./services/s3-request.ts";
import { startTokenServer, type TokenServer } from "./token-server.ts";

export interface RegistryOptions {
  readonly version: "2.8" | "v3";
  /** Default: everybody may do everything. */
  readonly auth?: "basic" | "token";
  /** How long tokens are good for, in seconds. Default: 300. */
  readonly tokenExpiry?: number;
  /** With token auth: everybody may pull. Default: false. */
  readonly anonymousPull?: boolean;
  /** Default: false. */
  readonly tls?: boolean;
  /** Whether it lets manifests and blobs be deleted. Default: true (distribution's own is false). */
  readonly delete?: boolean;
}

export interface Registry {
  /** `localhost:PORT`, by name since some clients follow no registry to a token server on another private address. */
  readonly host: string;
  /** `http://localhost:PORT` or `https://…`, without a slash at the end. */
  readonly url: string;
  /** What it asks for. */
  readonly credentials: Credentials | undefined;
  /** PEM of the certificate authority, with TLS. */
  readonly ca: string | undefined;
  /** File with the same. */
  readonly caFile: string | undefined;
  /** With token auth. */
  readonly tokens: TokenServer | undefined;
  readonly pid: number;
  /** File with its access log: request lines, no headers. `startFaultProxy` records everything. */
  readonly log: string;
  /** Directory below which it keeps its data. */
  readonly data: string;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

/** Starts CNCF distribution. */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const directory = newDirectory("registry");
  const certificate = options.tls === true ? makeCertificate(directory, "registry") : undefined;
  const credentials = options.auth === undefined ? undefined : REGISTRY_CREDENTIALS;
  const signer = options.auth === "token" ? makeCertificate(directory, "tokens") : undefined;
  const tokens =
    signer === undefined
      ? undefined
      : await startTokenServer({
          certificate: signer,
          tls: certificate,
          credentials: REGISTRY_CREDENTIALS,
          ...(options.tokenExpiry === undefined ? {} : { expiresInSeconds: options.tokenExpiry }),
          anonymousPull: options.anonymousPull ?? false,
        });
  const data = newDataDirectory(directory);
  const config = join(directory, "config.json");
  const settings = distributionConfig({
    directory,
    data,
    certificate,
    basic: options.auth === "basic",
    token: tokens && signer && { realm: tokens.realm, certificateFile: signer.certificateFile },
    delete: options.delete ?? true,
  });
  writeFileSync(config, JSON.stringify(settings));
  const name = options.version === "2.8" ? "docker-registry" : "registry";
  const { daemon, found: port } = await startDaemon(
    [program(name), "serve", config],
    directory,
    // v3 would look for a collector of traces.
    { OTEL_TRACES_EXPORTER: "none" },
    (log) => /listening on 127\.0\.0\.1:(\d+)/.exec(log)?.[1],
  );
  return {
    ...registryAt(port, certificate === undefined ? "http" : "https", daemon, data),
    credentials,
    ca: certificate?.ca,
    caFile: certificate?.certificateFile,
    tokens,
    async close() {
      await daemon.close();
      await tokens?.close();
    },
  };
}

/** Starts go-containerregistry's: another implementation, without authentication, that holds manifests in memory. */
export async function startCraneRegistry(): Promise<Registry> {
  const directory = newDirectory("crane");
  const data = newDataDirectory(directory);
  const { daemon, found: port } = await startDaemon(
    [program("crane"), "registry", "serve", "--address", "127.0.0.1:0", "--disk", data],
    directory,
    {},
    (log) => /serving on port (\d+)/.exec(log)?.[1],
  );
  return {
    ...registryAt(port, "http", daemon, data),
    close: () => daemon.close(),
  };
}

export interface S3Server {
  /** `http://127.0.0.1:PORT`; buckets are paths below it. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** An empty one. */
  readonly bucket: string;
  readonly pid: number;
  /** File with its access log. */
  readonly log: string;
  /** Directory with a directory for each bucket, in which objects are files. */
  readonly data: string;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

const S3_REGION = "us-east-1";
const S3_BUCKET = "green-test";

/** It cannot choose a port by itself, and one that was free may be taken by somebody else first. */
const S3_ATTEMPTS = 3;

/** Starts an S3 server with one empty bucket. */
export async function startS3(): Promise<S3Server> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startS3At(`127.0.0.1:${await freePort()}`);
    } catch (error) {
      if (attempt === S3_ATTEMPTS) throw error;
    }
  }
}

async function startS3At(address: string): Promise<S3Server> {
  const directory = newDirectory("s3");
  const data = newDataDirectory(directory);
  const metadata = join(directory, "metadata");
  const access = join(directory, "access");
  mkdirSync(metadata);
  const { daemon } = await startDaemon(
    // Metadata in files of its own, since not every file system has extended attributes.
    [
      ...[program("versitygw"), "--port", address, "--region", S3_REGION, "--keep-alive"],
      ...["--access-log", access, "posix", "--sidecar", metadata, data],
    ],
    directory,
    { ROOT_ACCESS_KEY: S3_CREDENTIALS.accessKeyId, ROOT_SECRET_KEY: S3_CREDENTIALS.secretAccessKey },
    async (log) => (log.includes(address) && (await answers(`http://${address}`))) || undefined,
  );
  const endpoint = `http://${address}`;
  const server = { endpoint, region: S3_REGION, credentials: S3_CREDENTIALS };
  const made = await signedS3Request(server, "PUT", `/${S3_BUCKET}`);
  if (made.status !== 200) throw new Error(`The bucket could not be made: ${made.status} ${made.body}`);
  return {
    ...server,
    bucket: S3_BUCKET,
    pid: daemon.pid,
    log: access,
    data,
    close: () => daemon.close(),
  };
}

/** Whether anything does, whatever it says. */
async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

function registryAt(
  port: string,
  scheme: "http" | "https",
  daemon: Daemon,
  data: string,
): Omit<Registry, "close"> {
  return {
    host: `localhost:${port}`,
    url: `${scheme}://localhost:${port}`,
    credentials: undefined,
    ca: undefined,
    caFile: undefined,
    tokens: undefined,
    pid: daemon.pid,
    log: daemon.log,
    data,
  };
}

function newDirectory(kind: string): string {
  return mkdtempSync(join(tmpdir(), `green-${kind}-`));
}

function newDataDirectory(directory: string): string {
  const data = join(directory, "data");
  mkdirSync(data);
  return data;
}
