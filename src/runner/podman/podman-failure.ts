// SPDX-License-Identifier: MIT OR Apache-2.0
import { type ErrorCode, GreenError } from "../../error.ts";

interface Cause {
  readonly sign: RegExp;
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryable?: boolean;
}

/** What podman 4.3 says of what can be told apart; the first that fits counts. */
const CAUSES: readonly Cause[] = [
  {
    sign: /no space left on device|disk quota exceeded/i,
    code: "refused",
    hint: "make room where podman keeps its images: `podman system df`, `podman image prune`",
  },
  {
    sign: /unauthorized|authentication required|access to the resource is denied|403 \(?Forbidden/i,
    code: "denied",
    hint: "log in with `podman login`, or set `base-image` to an image that you may pull",
  },
  {
    sign: /manifest unknown|name unknown|repository name not known|short-name .* did not resolve|no such image/i,
    code: "refused",
    hint: "set `base-image` to an image that is there",
  },
  {
    sign: /no such host|connection refused|network is unreachable|i\/o timeout|TLS handshake|x509:|connection reset/i,
    code: "unreachable",
    hint: "see that its registry can be reached, or set `base-image` to an image of another one",
    retryable: true,
  },
  {
    sign: /cannot find (?:newuidmap|UID|mappings)|subuid|insufficient UIDs|no subuid ranges|user namespaces/i,
    code: "refused",
    hint: "give this user ranges of ids in /etc/subuid and /etc/subgid, then run `podman system migrate`",
  },
];

const OTHERWISE: Omit<Cause, "sign"> = { code: "refused", hint: "see what `podman info` says" };

/** Longest text of podman's that becomes part of a message. */
const LONGEST = 300; // 300 characters

/** Why podman did not build something, from what it said. Undefined status: a signal ended it. */
export function podmanFailure(what: string, status: number | undefined, stderr: Buffer): GreenError {
  if (status === undefined) {
    const hint = "build again; the system's log may say what ended it";
    return new GreenError("unreachable", `podman was ended while it built ${what}`, {
      ...{ side: "podman", retryable: true, hint },
    });
  }
  const said = stderr.toString();
  const {
    code,
    hint,
    retryable = false,
  } = CAUSES.find(({ sign }) => sign.test(lastError(said))) ?? OTHERWISE;
  const words = `${lastError(said).slice(0, LONGEST)}${lastPrinted(said).slice(0, LONGEST)}`;
  return new GreenError(code, `podman did not build ${what}: ${words}`, {
    ...{ side: "podman", hint, retryable },
  });
}

/** What a step said last that ended with a status of its own. */
function lastPrinted(stderr: string): string {
  const at = stderr.lastIndexOf("\nError: ");
  if (at < 0 || !/exit status \d+\s*$/.test(stderr)) return "";
  return `: ${stderr.slice(0, at).trimEnd().split("\n").at(-1)}`;
}

/** The last of its complaints, without the step that it is about, which may be long. */
function lastError(stderr: string): string {
  const at = stderr.lastIndexOf("\nError: ") + 1;
  const error = stderr
    .slice(at)
    .trim()
    .replace(/^Error: /, "");
  return error.replace(/^building at STEP "(?:RUN [\s\S]*|[^"]*)": /, "");
}
