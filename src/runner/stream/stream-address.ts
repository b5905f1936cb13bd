// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** Where something listens. Plain data: safe to compare and to print, as certificates are names of files. */
export type StreamAddress = UnixAddress | TcpAddress | SshAddress;

export interface UnixAddress {
  readonly kind: "unix";
  /** Absolute path of the socket. */
  readonly path: string;
}

export interface TcpAddress {
  readonly kind: "tcp";
  /** A name or an address, an IPv6 one without brackets. */
  readonly host: string;
  readonly port: number;
  /** Undefined: plain TCP. */
  readonly tls: TlsFiles | undefined;
}

/** Whatever the `ssh` program understands, which may be a `Host` of its configuration. */
export interface SshAddress {
  readonly kind: "ssh";
  readonly user: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  /** A socket over there, where it is not the usual one. */
  readonly socket: string | undefined;
}

/** Who is trusted, and who we are: paths of PEM files. */
export interface TlsFiles {
  /** Authorities that are trusted instead of the usual ones. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Whom the certificate must name, where that is not the host. */
  readonly serverName?: string | undefined;
  /** False: whoever answers is trusted. */
  readonly verify: boolean;
}

/** `unix:///run/docker.sock`, `tcp://host:1234`, `ssh://me@host:22`. */
export function formatAddress(address: StreamAddress): string {
  switch (address.kind) {
    case "unix":
      return `unix://${address.path}`;
    case "tcp":
      return `tcp://${hostAndPort(address)}`;
    case "ssh": {
      const { user, socket = "" } = address;
      return `ssh://${user === undefined ? "" : `${user}@`}${hostAndPort(address)}${socket}`;
    }
  }
}

/** As URLs and `Host` headers have it. */
export function hostAndPort({
  host,
  port,
}: {
  readonly host: string;
  readonly port?: number | undefined;
}): string {
  const bare = host.includes(":") ? `[${host}]` : host;
  return port === undefined ? bare : `${bare}:${port}`;
}

/** What may be after `tcp://`, and what is meant where it is left out. */
export interface TcpDefaults {
  readonly host?: string;
  readonly port?: number;
}

/**
 * Reads `tcp://HOST:PORT`.
 * @throws GreenError "config"
 */
export function parseTcp(text: string, tls: TlsFiles | undefined, defaults: TcpDefaults = {}): TcpAddress {
  const match = TCP.exec(text);
  const host = match?.[1]?.replace(/^\[(.*)\]$/, "$1") || defaults.host;
  const port = match?.[2] ? Number(match[2]) : defaults.port;
  if (match === null || host === undefined || port === undefined || port < 1 || port > 65_535) {
    throw notAnAddress(text, "write tcp://HOST:PORT");
  }
  return { kind: "tcp", host, port, tls };
}

/** A host, an IPv6 address in brackets; a port; nothing else. */
const TCP = /^tcp:\/\/(\[[\da-fA-F:.%]*\]|[^\s:/?#@[\]]*)(?::(\d*))?\/?$/i;

/**
 * Reads `unix://PATH`, in which the path is absolute.
 * @throws GreenError "config"
 */
export function parseUnix(text: string, fallback?: string): UnixAddress {
  const path = text.slice("unix://".length) || fallback;
  if (path?.startsWith("/")) return { kind: "unix", path };
  throw notAnAddress(text, "write unix:// and the absolute path of a socket");
}

/**
 * Reads `ssh://[USER@]HOST[:PORT][/SOCKET]`, as docker does (cli v28, `connhelper/ssh`): without password, query and
 * fragment.
 * @throws GreenError "config", which repeats no password
 */
export function parseSsh(text: string): SshAddress {
  const hint = "write ssh://USER@HOST, or a Host of ~/.ssh/config";
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw notAnAddress(text.replace(/\/\/[^@/]*@/, "//…@"), hint);
  }
  if (url.password !== "") {
    throw new GreenError("config", `ssh://${url.host} has a password in it, which ssh does not take`, {
      hint: "use a key, or an agent",
    });
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  // ssh would take it for an option, whatever stands before it.
  if (host === "" || host.startsWith("-") || url.username.startsWith("-")) throw notAnAddress(text, hint);
  if (url.search !== "" || url.hash !== "") throw notAnAddress(text, hint);
  return {
    kind: "ssh",
    user: url.username === "" ? undefined : decodeURIComponent(url.username),
    host,
    port: url.port === "" ? undefined : Number(url.port),
    socket: /^\/*$/.test(url.pathname) ? undefined : decodeURIComponent(url.pathname),
  };
}

function notAnAddress(text: string, hint: string): GreenError {
  return new GreenError("config", `"${text}" is no address`, { hint });
}
