// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** What nothing happened for too long on. */
type TimedOut = "CONNECT_TIMEOUT" | "ANSWER_TIMEOUT" | "BODY_TIMEOUT";

/** Why a connection is given up. */
export function timedOut(code: TimedOut): Error {
  return Object.assign(new Error(code), { code });
}

/** Failures that may pass by themselves: of Node 24's `net` and `dns`, ours, and undici 8's. */
const PASSING: readonly string[] = [
  ...(["ANSWER_TIMEOUT", "BODY_TIMEOUT"] satisfies TimedOut[]),
  ...["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED", "EAI_AGAIN"],
  ...["UND_ERR_SOCKET", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "UND_ERR_INFO"],
  ...["UND_ERR_PRX_CONN", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"],
];

const WHY: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the name server does not answer",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to its network",
  ECONNRESET: "the connection broke",
  EPIPE: "the connection broke",
  UND_ERR_SOCKET: "the connection broke",
  ETIMEDOUT: "the connection timed out",
  CONNECT_TIMEOUT: "the connection timed out",
  ANSWER_TIMEOUT: "it does not answer",
  BODY_TIMEOUT: "its answer stopped half-way",
  UND_ERR_CONNECT_TIMEOUT: "the connection timed out",
  UND_ERR_HEADERS_TIMEOUT: "it does not answer",
  UND_ERR_BODY_TIMEOUT: "its answer stopped half-way",
};

/** Why a certificate was not taken: codes of OpenSSL 3 and Node's own. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_/;

/** "unreachable", with what Node says about a connection that failed; retryable if it may work the next time. */
export function connectionFailure(thrown: unknown, url: URL, side: string): GreenError {
  if (thrown instanceof GreenError) return thrown;
  const code = codeOf(thrown);
  const host = url.host;
  if (CERTIFICATE.test(code)) {
    return new GreenError("unreachable", `"${host}" is not trusted: ${messageOf(thrown)}`, {
      hint: "if its certificate is your own authority's, name that with `ca`",
      ...{ side, cause: thrown },
    });
  }
  // What is no HTTP may be the rest of an earlier answer; the next connection has none.
  const passing = PASSING.includes(code) || code.startsWith("HPE_");
  return new GreenError("unreachable", `"${host}" cannot be reached: ${WHY[code] ?? messageOf(thrown)}`, {
    ...{ side, cause: thrown, retryable: passing },
  });
}

/** The code of an error, or of the first of several, as when all addresses of a host failed. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  const { code } = thrown as NodeJS.ErrnoException;
  if (typeof code === "string") return code;
  const inner = thrown instanceof AggregateError ? thrown.errors[0] : thrown.cause;
  return inner === undefined ? "" : codeOf(inner);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : "something unknown failed";
}
