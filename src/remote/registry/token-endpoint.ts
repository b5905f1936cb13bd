// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Credential } from "../credentials/credential.ts";
import { mayPass } from "./failure.ts";
import type { HttpRequest, Transport } from "./http.ts";
import { readCapped } from "./read-capped.ts";
import { type RetryPolicy, withRetries } from "./retry.ts";
import { retryAfterMs } from "./retry-after.ts";

/** Where a registry sends those who need a token. */
export interface TokenRealm {
  readonly realm: URL;
  readonly service: string | undefined;
}

export interface Token {
  /** Never to be printed. */
  readonly value: string;
  /** Of `performance.now()`: clocks of others may be wrong. */
  readonly expiresAt: number;
}

export interface TokenEndpointOptions {
  readonly transport: Transport;
  readonly retries: RetryPolicy;
  readonly userAgent: string;
  readonly side: string;
  /** Whom the token is for. */
  readonly host: string;
}

/** What servers that name no time mean: https://distribution.github.io/distribution/spec/auth/token/ */
const DEFAULT_LIFE_S = 60;
/** A token is given up so long before its end, as requests take time; at most a fifth of its life. */
const MARGIN_MS = 10_000;
const MAX_LIFE_S = 24 * 60 * 60;
/** 1 MiB: tokens that name many groups take some ten kilobytes. */
const MAX_TOKEN_BYTES = 1024 * 1024;
const ANSWER_MS = 30_000;
const CLIENT_ID = "cargo-green";

/**
 * Fetches a token for some scopes: with GET for a user or nobody, with POST for a refresh token
 * (https://distribution.github.io/distribution/spec/auth/oauth/). Throws "denied", "unreachable" or "protocol".
 */
export async function fetchToken(
  { realm, service }: TokenRealm,
  scopes: readonly string[],
  credential: Credential | undefined,
  options: TokenEndpointOptions,
): Promise<Token> {
  const { transport, retries, side, host } = options;
  const request = tokenRequest(realm, service, scopes, credential, options.userAgent);
  return withRetries(retries, undefined, async () => {
    const asked = performance.now();
    const response = await transport.send(request);
    const { status } = response;
    if (status !== 200) {
      await response.discard();
      const error = refusal(status, realm, credential !== undefined, options);
      if (!mayPass(status)) throw error;
      const waitMs = retryAfterMs(response.header("retry-after"), retries.maxAskedMs, Date.now());
      return { kind: "again", error, waitMs };
    }
    const body = await readCapped(response, MAX_TOKEN_BYTES);
    const token = body === undefined ? undefined : parseToken(Buffer.from(body).toString("utf8"), asked);
    if (token === undefined) {
      throw new GreenError("protocol", `"${realm.host}" gave no token for "${host}"`, { side });
    }
    return { kind: "done", value: token };
  });
}

function tokenRequest(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  credential: Credential | undefined,
  userAgent: string,
): HttpRequest {
  const common = { accept: "application/json", "user-agent": userAgent };
  if (credential?.kind === "identity-token") {
    const form = new URLSearchParams({
      ...{ grant_type: "refresh_token", client_id: CLIENT_ID, refresh_token: credential.token },
      ...(service === undefined ? {} : { service }),
      ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
    });
    const headers = { ...common, "content-type": "application/x-www-form-urlencoded" };
    return { method: "POST", url: realm, headers, body: form.toString(), answerMs: ANSWER_MS };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const login: Readonly<Record<string, string>> =
    credential?.kind === "basic" ? { authorization: basicAuthorization(credential) } : {};
  return { method: "GET", url, headers: { ...common, ...login }, answerMs: ANSWER_MS };
}

export function basicAuthorization({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function parseToken(text: string, asked: number): Token | undefined {
  try {
    const { token, access_token: access, expires_in: life } = JSON.parse(text) as Record<string, unknown>;
    const value = [token, access].find((each) => typeof each === "string" && each !== "");
    // Anything else could end the header that it is put into.
    if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) return undefined;
    const seconds = typeof life === "number" && life > 0 ? Math.min(life, MAX_LIFE_S) : DEFAULT_LIFE_S;
    return { value, expiresAt: asked + seconds * 1000 - Math.min(MARGIN_MS, seconds * 200) };
  } catch {
    return undefined; // The parser's message could quote the token.
  }
}

function refusal(
  status: number,
  realm: URL,
  known: boolean,
  { side, host }: TokenEndpointOptions,
): GreenError {
  if (mayPass(status)) {
    const message = `"${realm.host}", which gives tokens for "${host}", keeps answering ${status}`;
    return new GreenError("unreachable", message, { side, retryable: true });
  }
  if (status >= 400 && status < 500 && status !== 404) {
    const who = known ? "does not take these credentials" : "lets nobody in without credentials";
    return new GreenError("denied", `"${realm.host}", which gives tokens for "${host}", ${who}`, {
      hint: `log in with \`docker login ${host}\``,
      side,
    });
  }
  return new GreenError(
    "protocol",
    `"${realm.host}" should give tokens for "${host}", but answered ${status}`,
    {
      side,
    },
  );
}
