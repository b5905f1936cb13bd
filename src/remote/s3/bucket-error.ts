// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError, type GreenErrorOptions } from "../../error.ts";

/** What is known of an error that the SDK threw. */
interface Failure {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  readonly status: number | undefined;
  /** The bucket's, where the answer tells. */
  readonly region: string | undefined;
}

/** Servers may say whatever they like. */
const MAX_MESSAGE = 300; // characters

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and what the SDK adds. */
const DENIED: ReadonlySet<string> = new Set([
  ...[
    "AccessDenied",
    "AccountProblem",
    "AllAccessDisabled",
    "ExpiredToken",
    "Forbidden",
    "InvalidAccessKeyId",
  ],
  ...["InvalidToken", "SignatureDoesNotMatch", "TokenRefreshRequired", "UnauthorizedAccess"],
  ...["XAdminUserNotFound", "CredentialsProviderError", "TokenProviderError"],
]);
const SKEWED = new Set(["RequestTimeTooSkewed", "RequestExpired"]);
const ELSEWHERE = new Set([
  "PermanentRedirect",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
]);
const BUSY: ReadonlySet<string> = new Set([
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "RequestTimeout",
]);
const FULL = new Set(["QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "EntityTooLarge"]);
/** Node's codes of certificates that are not trusted, https://nodejs.org/docs/latest-v24.x/api/tls.html#x509-certificate-error-codes */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)/;
/** Of sockets, names and TLS. */
const NETWORK = /^(E[A-Z]+|UND_ERR_.*|ERR_(TLS|SSL)_.*)$/;

/** True if an answer says that there is no such object. */
export function isNoSuchKey(thrown: unknown): boolean {
  const { name, status } = failureOf(thrown);
  return name === "NoSuchKey" || (status === 404 && (name === "NotFound" || name === "404"));
}

/** True if no credentials could be found. */
export function isWithoutCredentials(thrown: unknown): boolean {
  return failureOf(thrown).name === "CredentialsProviderError";
}

/** True for a range that begins behind the end. */
export function isNoSuchRange(thrown: unknown): boolean {
  return failureOf(thrown).name === "InvalidRange" || failureOf(thrown).status === 416;
}

/** What the SDK threw, as the error of a remote. Nothing of the request is kept, as its headers are signed. */
export function fromBucket(thrown: unknown, bucket: string, side: string): GreenError {
  if (thrown instanceof GreenError) return thrown;
  const failure = failureOf(thrown);
  const { name, code = "", message, status = 0, region } = failure;
  const said = message === "" || message === name ? name : `${name}: ${message}`;
  const make = (kind: GreenError["code"], what: string, options: GreenErrorOptions = {}) =>
    new GreenError(kind, `${what} (${said})`, { side, cause: new Error(said), ...options });
  if (SKEWED.has(name)) return make("denied", "Its clock is another", { hint: "set this machine's clock" });
  if (/^Region is missing/.test(message)) {
    return make("config", `The region of the bucket "${bucket}" is not known`, {
      hint: "add ?region=… to the address, or set AWS_REGION",
    });
  }
  if (ELSEWHERE.has(name) || status === 301) {
    return make("refused", `The bucket "${bucket}" is in another region`, {
      hint: `add ?region=${region ?? "…"} to the address`,
    });
  }
  if (name === "NoSuchBucket") {
    return make("refused", `There is no bucket "${bucket}"`, { hint: "create it, or look for a typo" });
  }
  if (DENIED.has(name) || status === 401 || status === 403) {
    return make("denied", `The bucket "${bucket}" does not let us`, {
      hint: "check the credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID); reading takes s3:GetObject and s3:ListBucket, writing s3:PutObject and s3:DeleteObject",
    });
  }
  if (BUSY.has(name) || status >= 500 || status === 429) {
    return make("unreachable", "It does not manage to answer", { hint: "try again later", retryable: true });
  }
  if (FULL.has(name) || status === 413) {
    return make("refused", "It takes no more", { hint: "make room there, or raise the quota" });
  }
  if (CERTIFICATE.test(code)) {
    return make("unreachable", "Its certificate is not trusted", { hint: "set `ca` of this remote" });
  }
  if (name === "TimeoutError" || NETWORK.test(code)) {
    return make("unreachable", "It does not answer", {
      hint: "check the endpoint and the network",
      retryable: true,
    });
  }
  if (status >= 400) return make("refused", "It refuses", { hint: "see what the server's log says" });
  return make("protocol", "What it answers is not understood", {
    hint: "check that the endpoint is an S3 server",
  });
}

function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) {
    return { name: "Error", code: undefined, message: String(thrown), status: undefined, region: undefined };
  }
  const headers = property(property(thrown, "$response"), "headers");
  return {
    name: thrown.name,
    code: text(property(thrown, "code")) ?? text(property(thrown.cause, "code")),
    message: thrown.message.slice(0, MAX_MESSAGE),
    status: number(property(property(thrown, "$metadata"), "httpStatusCode")),
    region: text(property(headers, "x-amz-bucket-region")),
  };
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
