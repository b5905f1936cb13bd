// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { parseAddress, type RegistryAddress } from "../address.ts";
import type { CredentialProvider } from "../credentials/credential.ts";
import type { Remote } from "../remote.ts";
import { TagLister } from "./list-tags.ts";
import { MirroredReader } from "./mirrored.ts";
import type { ProxyEnvironment } from "./proxy-for.ts";
import { BlobPusher, DEFAULT_UPLOADS, hasBlob, type UploadLimits } from "./push-blob.ts";
import { pushManifest } from "./push-manifest.ts";
import { readManifest } from "./read-manifest.ts";
import { RegistrySession } from "./registry-session.ts";
import { removeManifest } from "./remove-manifest.ts";
import { DEFAULT_RETRIES, type RetryPolicy } from "./retry.ts";
import { DEFAULT_TIMEOUTS, type Timeouts } from "./timeouts.ts";
import { openTransport } from "./transport.ts";

export interface RegistryOptions {
  /** As people call it. */
  readonly name: string;
  /** `oci://HOST[:PORT]/REPOSITORY` */
  readonly url: string;
  /** Asked once for each host, and only if it wants a login. */
  readonly credentials: CredentialProvider;
  /**
   * Speak HTTP without TLS: only for a host that the user has named for it. On this machine itself it is found out
   * which of the two is spoken. Default false.
   */
  readonly insecure?: boolean | undefined;
  /** PEM: certificates of authorities that are trusted besides the usual ones. */
  readonly ca?: string | undefined;
  /** PEM: a client certificate and its key. */
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  /** HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case; may hold more. */
  readonly env: ProxyEnvironment;
  /** `oci://` addresses that are read from before the registry itself, in this order. */
  readonly mirrors?: readonly string[] | undefined;
  /**
   * How long an answer to a read may take to begin, logging in and trying again included, and how long it may stop,
   * milliseconds: then it is given up for good. Default: no limit.
   */
  readonly firstByteMs?: number | undefined;
  readonly userAgent: string;
  /** Defaults: DEFAULT_UPLOADS, DEFAULT_RETRIES, DEFAULT_TIMEOUTS. */
  readonly uploads?: Partial<UploadLimits> | undefined;
  readonly retries?: Partial<RetryPolicy> | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

/**
 * Opens a repository of a registry that speaks the distribution specification 1.1. Nothing is sent before something is
 * asked. Throws "usage" for an address that is none.
 */
export async function openRegistry(options: RegistryOptions): Promise<Remote> {
  const { name, env, ca, clientCert, clientKey, firstByteMs, userAgent } = options;
  const address = registryAddress(options.url, name);
  const mirrorAddresses = (options.mirrors ?? []).map((mirror) => registryAddress(mirror, name));
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    throw new GreenError("config", "A client certificate needs its key, and the other way round", {
      side: name,
    });
  }
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const { silenceMs } = timeouts;
  const transport = openTransport({ side: name, ca, clientCert, clientKey, proxies: env, silenceMs });
  const sessionOf = (at: RegistryAddress) =>
    new RegistrySession({
      ...{ side: name, address: at, transport, credentials: options.credentials, firstByteMs, userAgent },
      // Of a mirror nobody has said that it may be spoken to without TLS, unless it is the same host.
      insecure: options.insecure === true && at.host === address.host,
      retries: { ...DEFAULT_RETRIES, ...options.retries },
      timeouts,
    });
  const session = sessionOf(address);
  const reader = new MirroredReader(session, mirrorAddresses.map(sessionOf));
  const pusher = new BlobPusher(session, { ...DEFAULT_UPLOADS, ...options.uploads });
  const lister = new TagLister(session);
  return {
    name,
    url: address.url,
    repository: session.repository,
    ...(mirrorAddresses.length === 0 && { connect: (count: number) => session.connect(count) }),
    manifest: (reference, { signal, isFresh } = {}) =>
      isFresh === true ? readManifest(session, reference, signal) : reader.manifest(reference, signal),
    blob: (descriptor, { signal } = {}) => reader.blob(descriptor, signal),
    hasBlob: (descriptor, { signal } = {}) => hasBlob(session, descriptor, "pull", signal),
    tags: (tagOptions = {}) => lister.list(tagOptions),
    pushBlob: (source, pushOptions = {}) => pusher.push(source, pushOptions),
    pushManifest: (manifest, { signal } = {}) => pushManifest(session, manifest, signal),
    removeManifest: (digest, { signal } = {}) => removeManifest(session, digest, signal),
    close: () => transport.close(),
  };
}

function registryAddress(url: string, side: string): RegistryAddress {
  const address = parseAddress(url, { directory: "/" });
  if (address.kind === "oci") return address;
  throw new GreenError("usage", `"${address.url}" is not the address of a registry`, { side });
}
