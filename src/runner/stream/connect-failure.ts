// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { formatAddress, type StreamAddress } from "./stream-address.ts";

/** Whom a connection is to, for errors. */
export interface Destination {
  /** As the user knows it. */
  readonly side: string;
  /** What to do where nothing listens: `start docker, or …`. */
  readonly startHint: string;
  /** What to do where the socket may not be used. */
  readonly permissionHint: string;
  /** What to do where something else answers. */
  readonly otherHint: string;
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket",
  ENOTSOCK: "that is no socket",
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the name server does not answer",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to its network",
  ECONNRESET: "the connection broke",
  EPIPE: "the connection broke",
  ETIMEDOUT: "the connection timed out",
  EPROTO: "what answers does not speak TLS",
};

/** Failures that may pass by themselves. */
const PASSING: readonly string[] = ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN"];
/** Nobody started it. */
const ABSENT: readonly string[] = ["ENOENT", "ENOTSOCK", "ECONNREFUSED"];
const FORBIDDEN: readonly string[] = ["EACCES", "EPERM"];
/** The other end does not like our certificate, or that we have none: TLS alerts as OpenSSL 3 names them. */
const ALERT = /^ERR_SSL_(?:TLSV1|TLSV13|SSLV3)_ALERT_/;
/** What answers is no TLS at all. */
const NO_TLS: readonly string[] = [
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "EPROTO",
];
/** Why a certificate was not taken: codes of OpenSSL 3 and Node's own. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_/;

/** What Node says about a connection that failed, or broke, as an error that says where and what to do. */
export function connectFailure(
  thrown: unknown,
  address: StreamAddress,
  destination: Destination,
): GreenError {
  if (thrown instanceof GreenError) return thrown;
  const { side } = destination;
  const code = codeOf(thrown);
  const where = formatAddress(address);
  const common = { side, cause: thrown };
  if (FORBIDDEN.includes(code)) {
    return new GreenError("denied", `${where} may not be used by you`, {
      hint: destination.permissionHint,
      ...common,
    });
  }
  if (ALERT.test(code)) {
    return new GreenError("denied", `${where} did not accept who we are: ${messageOf(thrown)}`, {
      hint: "give the certificate and key of a client that it trusts",
      ...common,
    });
  }
  if (NO_TLS.includes(code)) {
    return new GreenError("unreachable", `${where} does not speak TLS`, {
      hint: "is it the right port? Without certificates plain TCP is spoken",
      ...common,
    });
  }
  if (CERTIFICATE.test(code)) {
    return new GreenError("unreachable", `${where} is not trusted: ${messageOf(thrown)}`, {
      hint: "name the authority of its certificate, and the server's name if it is not the host's",
      ...common,
    });
  }
  // Node's HTTP parser: a login shell that prints something, another service on that port.
  if (code.startsWith("HPE_")) return speaksOther(address, destination, thrown);
  return new GreenError("unreachable", `${where} cannot be reached: ${WHY[code] ?? messageOf(thrown)}`, {
    ...common,
    retryable: PASSING.includes(code),
    ...(ABSENT.includes(code) ? { hint: destination.startHint } : {}),
  });
}

/** The error for an address at which something else answers than was expected. */
export function speaksOther(
  address: StreamAddress,
  { side, otherHint }: Destination,
  cause?: unknown,
): GreenError {
  const message = `${formatAddress(address)} cannot be reached: what answers there speaks something else`;
  const hint = address.kind === "ssh" ? "nothing may be printed there at a login" : otherHint;
  return new GreenError("unreachable", message, { side, hint, cause });
}

/** The code of an error, or of the first of several, as when all addresses of a host failed. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  const { code } = thrown as NodeJS.ErrnoException;
  if (typeof code === "string") return code;
  const inner = thrown instanceof AggregateError ? thrown.errors[0] : thrown.cause;
  return inner === undefined ? "" : codeOf(inner);
}

/** What OpenSSL says in one line, without Node's advice for its own users. */
function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "something unknown failed";
  const openSsl = "reason" in thrown && thrown.message.includes(":error:") ? thrown.reason : undefined;
  if (typeof openSsl === "string") return openSsl;
  return thrown.message.replace(/; if the root CA is installed locally.*$/s, "").trim();
}
