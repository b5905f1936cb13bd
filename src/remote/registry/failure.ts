// SPDX-License-Identifier: MIT OR Apache-2.0
import { type ErrorCode, GreenError } from "../../error.ts";
import { deletionHint } from "./deletion-hint.ts";
import type { ErrorBody } from "./error-body.ts";

/** What somebody wanted from a registry. */
export type Action = "pull" | "push" | "delete";

/** What a request was for, to say so when it fails. */
export interface Purpose {
  /** The remote's name. */
  readonly side: string;
  readonly host: string;
  readonly repository: string;
  readonly action: Action;
  /** The thing: `manifest "latest"`, `blob sha256:…`. */
  readonly what: string;
  /** The digest that is to be removed. */
  readonly digest?: string | undefined;
}

/** Statuses after which the same request may work: RFC 9110, RFC 8470 (425), RFC 6585 (429). */
const PASSING: readonly number[] = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524];

const NOUN: Readonly<Record<Action, string>> = { pull: "pull", push: "push", delete: "removal" };
const QUOTA =
  /quota|storage limit|limit (?:was )?exceeded|insufficient storage|payment required|out of space/i;

export function mayPass(status: number): boolean {
  return PASSING.includes(status);
}

/** A final answer that was not wanted, as an error that says what to do. */
export function answerFailure(status: number, body: ErrorBody, purpose: Purpose): GreenError {
  const { side, host, repository, action } = purpose;
  const { code, text, hint } = verdict(status, body, purpose);
  const detail = body.message === "" ? "" : `: ${body.message}`;
  const message = `${text} (${host}, repository ${repository})${detail}`;
  const refused = code === "refused" && action === "push" ? "or give this remote `push = false`" : undefined;
  const all = hint ?? refused;
  return new GreenError(code, message, {
    side,
    retryable: mayPass(status),
    ...(all === undefined ? {} : { hint: all }),
  });
}

interface Verdict {
  readonly code: ErrorCode;
  readonly text: string;
  readonly hint?: string | undefined;
}

function verdict(status: number, { codes, message }: ErrorBody, purpose: Purpose): Verdict {
  const { host, repository, action, what, digest } = purpose;
  const noun = NOUN[action];
  const refused = (why: string, hint?: string): Verdict => ({
    ...{ code: "refused", text: `The registry refused the ${noun}: ${why}`, hint },
  });
  const quota =
    status === 402 || status === 507 || ((status === 403 || status === 400) && QUOTA.test(message));
  if (quota)
    return refused("its quota is used up", "make room with `cargo green cache prune`, or raise the quota");
  if (status === 401 || status === 403) {
    const setting = action === "pull" ? "pull = false" : "push = false";
    const hint = `log in with \`docker login ${host}\`, or give this remote \`${setting}\``;
    return { code: "denied", text: `The registry denied the ${noun}`, hint };
  }
  if (status === 429)
    return refused("it was asked too much", "wait a while and try again, or log in to be allowed more");
  if (mayPass(status)) return { code: "unreachable", text: `The registry keeps answering ${status}` };
  if (action === "delete" && (status === 405 || status === 501 || codes.includes("UNSUPPORTED"))) {
    return refused("it removes nothing", deletionHint(host, repository, digest ?? "DIGEST"));
  }
  if (status === 413 || codes.includes("SIZE_INVALID")) return refused(`the ${what} is too large`);
  if (codes.includes("DIGEST_INVALID") && action === "push") {
    return { code: "corrupt", text: `What was sent is not the ${what}` };
  }
  if (codes.includes("MANIFEST_BLOB_UNKNOWN") || codes.includes("BLOB_UNKNOWN")) {
    if (action === "push") return refused(`blobs of the ${what} are missing`);
  }
  if (status === 404) return { code: "not-found", text: `There is no ${what}` };
  if (status === 405 || status === 501 || codes.includes("UNSUPPORTED"))
    return refused("it does not do that");
  if (status >= 400 && status < 500) return refused(`${codes[0]?.toLowerCase() ?? status}`);
  return { code: "protocol", text: `The registry gave the unexpected answer ${status}` };
}
