// SPDX-License-Identifier: MIT OR Apache-2.0
import { createSign, randomUUID, X509Certificate } from "node:crypto";
import type { Certificate } from "./certificates.ts";

export const TOKEN_ISSUER = "cargo-green tests";
export const TOKEN_SERVICE = "registry of cargo-green tests";

/** How long distribution goes on taking a token that has expired, to make up for clocks that differ. */
const LEEWAY_SECONDS = 60;

/** What a token lets its holder do. */
export interface Scope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** `repository:name:pull,push`; a name may contain a port's colon. */
export function parseScope(scope: string): Scope {
  const [type = "", ...rest] = scope.split(":");
  const actions = (rest.pop() ?? "").split(",");
  return { type, name: rest.join(":"), actions };
}

/** https://distribution.github.io/distribution/spec/auth/jwt/ */
export function signToken(
  certificate: Certificate,
  subject: string,
  access: readonly Scope[],
  expiresInSeconds: number,
): string {
  const now = Math.floor(Date.now() / 1000);
  const chain = [new X509Certificate(certificate.ca).raw.toString("base64")];
  const header = { typ: "JWT", alg: "ES256", x5c: chain };
  const claims = {
    iss: TOKEN_ISSUER,
    sub: subject,
    aud: TOKEN_SERVICE,
    // So early that the registry refuses it when we say that it has expired.
    exp: now + expiresInSeconds - LEEWAY_SECONDS,
    nbf: now - LEEWAY_SECONDS,
    iat: now,
    jti: randomUUID(),
    access,
  };
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  // https://www.rfc-editor.org/rfc/rfc7518#section-3.4
  const key = { key: certificate.key, dsaEncoding: "ieee-p1363" } as const;
  return `${signed}.${createSign("sha256").update(signed).sign(key, "base64url")}`;
}
