// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve } from "node:path";
import { GreenError } from "../error.ts";
import { redactUrl } from "./redact-url.ts";

/** Where a remote is, and what kind of thing it is. `url` is its canonical form; none of them holds credentials. */
export type RemoteAddress = RegistryAddress | BucketAddress | LayoutAddress;

/** `oci://HOST[:PORT]/REPOSITORY` */
export interface RegistryAddress {
  readonly kind: "oci";
  readonly url: string;
  /** Host in lower case, with the port if one was given: `ghcr.io`, `[::1]:5000`. */
  readonly host: string;
  /** Without slashes at its ends. */
  readonly repository: string;
}

/** `s3://BUCKET[/PREFIX][?region=REGION&endpoint=URL]` */
export interface BucketAddress {
  readonly kind: "s3";
  readonly url: string;
  readonly bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string;
  readonly region: string | undefined;
  /** Scheme, host and port (and a path, if there is one) without a slash at its end; undefined: Amazon's own. */
  readonly endpoint: string | undefined;
}

/** `oci-layout:DIRECTORY`, or `oci-layout:FILE.tar` */
export interface LayoutAddress {
  readonly kind: "oci-layout";
  readonly url: string;
  /** Absolute. */
  readonly path: string;
  /** It is one tar file. */
  readonly archive: boolean;
}

/** What relative paths count from, and what `~` stands for. */
export interface AddressPlace {
  readonly directory: string;
  readonly home?: string | undefined;
}

const FORMS = "write `oci://HOST/REPOSITORY`, `s3://BUCKET/PREFIX` or `oci-layout:DIRECTORY`";
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/** Takes a remote's address apart; throws "usage", without repeating credentials. */
export function parseAddress(text: string, place: AddressPlace): RemoteAddress {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  const rest = text.slice((scheme?.length ?? -1) + 1);
  if (scheme === "oci-layout") return parseLayout(text, rest, place);
  if (scheme === "oci" && rest.startsWith("//")) return parseRegistry(text, rest.slice(2));
  if (scheme === "s3" && rest.startsWith("//")) return parseBucket(text, rest.slice(2));
  throw wrong(text, "is no address of a remote", FORMS);
}

/** A registered name or IPv4 address, or an IPv6 address in brackets; then a port. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?$/;
/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
/** Registries count the host as part of a name, and allow 255 bytes for both. */
const LONGEST_NAME = 255;
const LAST_PORT = 65_535;

function parseRegistry(text: string, rest: string): RegistryAddress {
  const form = "write `oci://HOST/REPOSITORY`";
  if (rest.includes("@sha256:")) throw wrong(text, "names a digest, but a remote is a repository", form);
  refuseCredentials(text, rest, "log in with `docker login`: credentials are taken from its configuration");
  if (/[?#]/.test(rest)) throw wrong(text, "has a query or fragment, which registries have no use for", form);
  const slash = rest.indexOf("/");
  const host = (slash < 0 ? rest : rest.slice(0, slash)).toLowerCase();
  if (!isHost(host)) throw wrong(text, "names no host", form);
  const repository = slash < 0 ? "" : rest.slice(slash + 1).replace(/\/$/, "");
  if (repository === "") throw wrong(text, "names no repository", form);
  if (/:[^/]*$/.test(repository)) throw wrong(text, "names a tag, but a remote is a repository", form);
  if (!REPOSITORY.test(repository) || host.length + 1 + repository.length > LONGEST_NAME) {
    throw wrong(
      text,
      "does not name a repository as registries allow it",
      "parts of its name are lower-case letters and digits with single `.`, `_` or `-` between them",
    );
  }
  return { kind: "oci", url: `oci://${host}/${repository}`, host, repository };
}

function isHost(host: string): boolean {
  const match = HOST.exec(host);
  return (
    match !== null && !host.includes("..") && Number(match[1] ?? 1) >= 1 && Number(match[1] ?? 1) <= LAST_PORT
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, as of 2026. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const REGION = /^[a-z0-9-]{1,64}$/i;
const PARAMETERS: readonly string[] = ["region", "endpoint"];

function parseBucket(text: string, rest: string): BucketAddress {
  const form = "write `s3://BUCKET/PREFIX?region=REGION&endpoint=URL`; only the bucket is needed";
  const [, path = "", query = ""] = /^([^?#]*)(?:\?([^#]*))?/.exec(rest) ?? [];
  refuseCredentials(
    text,
    path,
    "credentials are found as the AWS command line does: environment, profile, instance role",
  );
  if (rest.includes("#")) throw wrong(text, "has a fragment", form);
  const [bucket = "", ...parts] = path.replace(/\/$/, "").split("/");
  if (!BUCKET.test(bucket) || bucket.includes("..")) throw wrong(text, "names no bucket", form);
  const prefix = decoded(text, parts.join("/"), form);
  if (parts.length > 0 && prefix.split("/").some((part) => ["", ".", ".."].includes(part))) {
    throw wrong(text, "has an empty or dotted part in its prefix", form);
  }
  const parameters = new URLSearchParams(query);
  for (const [name] of parameters) {
    if (PARAMETERS.includes(name) && parameters.getAll(name).length === 1) continue;
    const problem = PARAMETERS.includes(name) ? "twice" : "which means nothing";
    throw wrong(text, `has the parameter "${name.slice(0, 32)}", ${problem}`, form);
  }
  const region = parameters.get("region") ?? undefined;
  if (region !== undefined && !REGION.test(region)) throw wrong(text, "names no region", form);
  const endpoint = parseEndpoint(text, parameters.get("endpoint"), form);
  const canonical = new URLSearchParams({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  const where = [bucket, ...prefix.split("/").map(encodeURIComponent)].filter((part) => part !== "");
  const url = `s3://${where.join("/")}${canonical.size === 0 ? "" : `?${canonical}`}`;
  return { kind: "s3", url, bucket, prefix, region, endpoint };
}

function decoded(text: string, path: string, form: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw wrong(text, "has a % that encodes nothing in its prefix", form);
  }
}

function parseEndpoint(text: string, value: string | null, form: string): string | undefined {
  if (value === null) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw wrong(text, "has an endpoint that is no http or https URL", form);
  }
  if (url.username !== "" || url.password !== "") throw wrong(text, "has credentials in its endpoint", form);
  if (url.search !== "" || url.hash !== "")
    throw wrong(text, "has an endpoint with a query or fragment", form);
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function parseLayout(text: string, rest: string, { directory, home }: AddressPlace): LayoutAddress {
  const form = "write `oci-layout:DIRECTORY` or `oci-layout:FILE.tar`";
  if (rest === "" || rest.includes("\0")) throw wrong(text, "names no directory", form);
  if (/^\/\/[^/]/.test(rest)) throw wrong(text, "names a host, but a layout is a directory", form);
  const inHome = rest.startsWith("~/") && home !== undefined;
  const path = inHome ? resolve(home, rest.slice(2)) : resolve(directory, rest);
  return { kind: "oci-layout", url: `oci-layout:${path}`, path, archive: path.endsWith(".tar") };
}

function refuseCredentials(text: string, rest: string, hint: string): void {
  if (rest.includes("@")) throw wrong(text, "holds credentials, or an @ that looks like them", hint);
}

function wrong(text: string, problem: string, hint: string): GreenError {
  return new GreenError("usage", `"${redactUrl(text)}" ${problem}`, { hint });
}
