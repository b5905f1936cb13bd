// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { text } from "node:stream/consumers";
import type { Certificate } from "./services/certificates.ts";
import type { Credentials } from "./services/credentials.ts";
import { listenOnLoopback } from "./services/listening.ts";
import { parseScope, type Scope, signToken, TOKEN_SERVICE } from "./services/registry-token.ts";

export interface TokenServerOptions {
  /** Signs the tokens; the registry must have it in its `rootcertbundle`. */
  readonly certificate: Certificate;
  /** With which it speaks TLS, as it must for a registry that does. Default: it speaks plain HTTP. */
  readonly tls?: Certificate | undefined;
  /** Who may have any token. */
  readonly credentials: Credentials;
  /** How long a token is good for. Default: 300, what clients assume at least 60 of. */
  readonly expiresInSeconds?: number;
  /** Tokens that only pull are given to everybody. Default: false. */
  readonly anonymousPull?: boolean;
}

/** What a client asked for. */
export interface TokenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly status: number;
}

export interface TokenServer {
  /** What a registry names as `realm`. */
  readonly realm: string;
  readonly requests: readonly TokenRequest[];
  /** Later tokens are good for this long; less than nothing for such as have expired already. */
  expireIn(seconds: number): void;
  close(): Promise<void>;
}

const DEFAULT_EXPIRY_SECONDS = 300;

/**
 * Starts a server that gives out tokens as distribution's specification has it, by GET with Basic credentials and by
 * POST with a password or a refresh token.
 * https://distribution.github.io/distribution/spec/auth/token/ and …/spec/auth/oauth/
 */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  let expiresIn = options.expiresInSeconds ?? DEFAULT_EXPIRY_SECONDS;
  const requests: TokenRequest[] = [];
  const refreshToken = randomUUID();

  function answer(
    request: IncomingMessage,
    body: string,
  ): { readonly status: number; readonly body: object } {
    const query = new URL(request.url ?? "/", "http://localhost").searchParams;
    const form = request.method === "POST" ? new URLSearchParams(body) : query;
    const given = request.method === "POST" ? formIdentity(form) : basicIdentity(request);
    const known = given !== undefined && isKnown(given, options.credentials, refreshToken);
    if (given !== undefined && !known) return refusal("The credentials are wrong");
    if (form.get("service") !== TOKEN_SERVICE) return refusal("The service is another one");
    const scopes = form.getAll("scope").flatMap((scope) => scope.split(" ").map(parseScope));
    const granted = scopes.map((scope) => ({ ...scope, actions: allowed(scope, known) }));
    const token = signToken(
      options.certificate,
      known ? options.credentials.username : "",
      granted,
      expiresIn,
    );
    const issued = { token, access_token: token, expires_in: expiresIn, issued_at: new Date().toISOString() };
    const offline = form.get("offline_token") === "true" || form.get("access_type") === "offline";
    return { status: 200, body: known && offline ? { ...issued, refresh_token: refreshToken } : issued };
  }

  function allowed(scope: Scope, known: boolean): readonly string[] {
    if (known) return scope.actions;
    return options.anonymousPull === true ? scope.actions.filter((action) => action === "pull") : [];
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const answered = answer(request, body);
    requests.push({
      method: request.method ?? "",
      path: request.url ?? "",
      rawHeaders: request.rawHeaders,
      body,
      status: answered.status,
    });
    response.writeHead(answered.status, { "content-type": "application/json" });
    response.end(JSON.stringify(answered.body));
  }

  const { tls } = options;
  const server =
    tls === undefined ? createServer(handle) : createTlsServer({ cert: tls.ca, key: tls.key }, handle);
  const port = await listenOnLoopback(server);
  return {
    // By name, as the registry: see `Registry.host`.
    realm: `${tls === undefined ? "http" : "https"}://localhost:${port}/token`,
    requests,
    expireIn(seconds) {
      expiresIn = seconds;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function refusal(message: string): { readonly status: number; readonly body: object } {
  return { status: 401, body: { errors: [{ code: "UNAUTHORIZED", message }] } };
}

type Identity = Credentials | { readonly refreshToken: string };

function basicIdentity(request: IncomingMessage): Identity | undefined {
  const encoded = /^basic (.*)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const [username = "", ...password] = Buffer.from(encoded, "base64").toString().split(":");
  return { username, password: password.join(":") };
}

function formIdentity(form: URLSearchParams): Identity | undefined {
  if (form.get("grant_type") === "refresh_token") return { refreshToken: form.get("refresh_token") ?? "" };
  return { username: form.get("username") ?? "", password: form.get("password") ?? "" };
}

function isKnown(given: Identity, known: Credentials, refreshToken: string): boolean {
  if ("refreshToken" in given) return same(given.refreshToken, refreshToken);
  return same(given.username, known.username) && same(given.password, known.password);
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
