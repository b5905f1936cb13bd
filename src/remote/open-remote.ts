// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile } from "node:fs/promises";
import { GreenError } from "../error.ts";
import { VERSION } from "../version.ts";
import { type BucketAddress, parseAddress, type RegistryAddress, type RemoteAddress } from "./address.ts";
import type { CredentialProvider } from "./credentials/credential.ts";
import { usersCredentials } from "./credentials/users-credentials.ts";
import { hostOf } from "./host-of.ts";
import { isLoopback } from "./registry/loopback.ts";
import type { Remote } from "./remote.ts";
import type { BucketOptions } from "./s3/bucket-client.ts";

/** What is said of a remote, as far as it matters for speaking to it. The settings' remotes are such. */
export interface RemoteSettings {
  readonly url: string;
  /** Plain HTTP; this machine's own addresses need no permission. */
  readonly insecure: boolean;
  /** PEM files. */
  readonly ca: string | undefined;
  readonly clientCert: string | undefined;
  readonly clientKey: string | undefined;
  /** Only of registries. */
  readonly mirrors: readonly string[];
}

/** Who opens a remote, and where. */
export interface RemoteContext {
  /** Credentials, regions and proxies. */
  readonly env: NodeJS.ProcessEnv;
  /** What relative paths in addresses count from. */
  readonly cwd: string;
  /** A question that has no answer's first byte after this many milliseconds fails: for builds. Default: no limit. */
  readonly firstByteMs?: number | undefined;
  /** In place of those that `docker login` and `podman login` left. */
  readonly credentials?: CredentialProvider | undefined;
}

/**
 * Opens the remote that an address leads to; what speaks to its kind is loaded now. Nothing is sent before something is
 * asked.
 * @param name what it is called in errors
 * @throws GreenError "usage" for an address that is none, "config" for settings that do not fit it
 */
export async function openRemote(
  name: string,
  settings: RemoteSettings,
  context: RemoteContext,
): Promise<Remote> {
  const { env, cwd } = context;
  const address = parseAddress(settings.url, { directory: cwd, home: env["HOME"] });
  if (address.kind !== "oci" && settings.mirrors.length > 0) {
    throw unfit(name, `"${address.url}" is no registry, and only those have mirrors`, "remove its `mirrors`");
  }
  switch (address.kind) {
    case "oci":
      return openRegistryAt(name, address, settings, context);
    case "s3":
      return openBucketAt(name, address, settings, context);
    case "oci-layout":
      return openLayoutAt(name, address);
  }
}

async function openRegistryAt(
  name: string,
  { url }: RegistryAddress,
  settings: RemoteSettings,
  context: RemoteContext,
): Promise<Remote> {
  const { openRegistry } = await import("./registry/open-registry.ts");
  const { env, firstByteMs } = context;
  return openRegistry({
    ...{ name, url, env, firstByteMs },
    ...(await certificates(name, settings)),
    credentials: context.credentials ?? (await usersCredentials(env)),
    insecure: settings.insecure,
    mirrors: settings.mirrors,
    userAgent: `cargo-green/${VERSION}`,
  });
}

async function openBucketAt(
  name: string,
  address: BucketAddress,
  settings: RemoteSettings,
  context: RemoteContext,
): Promise<Remote> {
  const options = await bucketOptions(name, address, settings, context);
  const { openS3 } = await import("./s3/open-s3.ts");
  return openS3(name, address, { ...options, firstByteMs: context.firstByteMs });
}

/**
 * What a client of a bucket needs to know of its settings.
 * @throws GreenError "config" for settings that do not fit it
 */
export async function bucketOptions(
  name: string,
  address: BucketAddress,
  settings: RemoteSettings,
  { env }: Pick<RemoteContext, "env">,
): Promise<BucketOptions> {
  const endpoint = address.endpoint === undefined ? undefined : new URL(address.endpoint);
  if (endpoint?.protocol === "http:" && !settings.insecure && !isLocal(endpoint)) {
    throw unfit(
      name,
      `The endpoint ${endpoint.origin} is without TLS`,
      `use https, or add \`insecure = true\` to [remotes.${name}]`,
    );
  }
  return { env, ...(await certificates(name, settings)) };
}

async function openLayoutAt(
  name: string,
  { url, path, archive }: Extract<RemoteAddress, { kind: "oci-layout" }>,
): Promise<Remote> {
  if (archive) {
    const { LayoutArchive } = await import("./layout/layout-archive.ts");
    return new LayoutArchive(name, url, path);
  }
  const { LayoutDirectory } = await import("./layout/layout-directory.ts");
  return new LayoutDirectory(name, url, path);
}

function isLocal(url: URL): boolean {
  return isLoopback(hostOf(url));
}

async function certificates(name: string, settings: RemoteSettings) {
  const read = async (key: string, path: string | undefined) => {
    if (path === undefined) return undefined;
    return readFile(path, "utf8").catch((thrown: unknown) => {
      const { message } = GreenError.from(thrown);
      throw unfit(
        name,
        `Its \`${key}\` cannot be read: ${message}`,
        "change the path, or remove the setting",
      );
    });
  };
  const [ca, clientCert, clientKey] = await Promise.all([
    read("ca", settings.ca),
    read("client-cert", settings.clientCert),
    read("client-key", settings.clientKey),
  ]);
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    throw unfit(name, "Of `client-cert` and `client-key` only one is set", "set both, or none");
  }
  return { ca, clientCert, clientKey };
}

function unfit(side: string, message: string, hint: string): GreenError {
  return new GreenError("config", message, { side, hint });
}
