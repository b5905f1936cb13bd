// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";

/** How a fake registry lets somebody in. */
export interface LoginOptions {
  readonly kind: "open" | "basic" | "bearer";
  /** Passwords by user. */
  readonly users?: Readonly<Record<string, string>>;
  /** Those who may do everything; nobody in particular may pull. */
  readonly anonymousPull?: boolean;
  readonly refreshToken?: string;
  /** What tokens are said to live, seconds. */
  readonly life?: number;
}

/** What a token allows, as `repository:NAME:ACTION`. */
type Grants = ReadonlySet<string>;

/** Checks logins and gives out tokens. */
export class FakeLogin {
  readonly #options: LoginOptions;
  #tokens = new Map<string, Grants>();

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  /** All tokens are forgotten, as if their time were over. */
  revoke(): void {
    this.#tokens = new Map();
  }

  /** Undefined if the request may go on; else the challenge. */
  challenge(
    authorization: string | undefined,
    needed: readonly string[],
    realm: string,
    scope: string,
  ): string | undefined {
    const { kind, users = {} } = this.#options;
    if (kind === "open") return undefined;
    const [scheme, secret = ""] = authorization?.split(" ") ?? [];
    if (kind === "basic") {
      const [user = "", password] = Buffer.from(secret, "base64").toString().split(":");
      return scheme === "Basic" && password !== undefined && users[user] === password
        ? undefined
        : 'BASIC realm="fake, with a comma"';
    }
    const grants = scheme === "Bearer" ? this.#tokens.get(secret) : undefined;
    if (grants !== undefined && needed.every((each) => grants.has(each))) return undefined;
    return `Negotiate, bearer realm="${realm}",service="fake",scope="${scope}"`;
  }

  /** Answers the token endpoint. */
  token(
    method: string,
    url: URL,
    authorization: string | undefined,
    form: string,
  ): { status: number; body: string } {
    const { users = {}, anonymousPull = false, refreshToken, life } = this.#options;
    const posted = new URLSearchParams(form);
    const [user = "", password] = Buffer.from(authorization?.split(" ")[1] ?? "", "base64")
      .toString()
      .split(":");
    const isUser =
      method === "POST"
        ? refreshToken !== undefined && posted.get("refresh_token") === refreshToken
        : password !== undefined && users[user] === password;
    if (!isUser && (authorization !== undefined || method === "POST" || !anonymousPull)) {
      return { status: 401, body: JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "no" }] }) };
    }
    const scopes =
      method === "POST" ? (posted.get("scope")?.split(" ") ?? []) : url.searchParams.getAll("scope");
    const grants = scopes.flatMap((scope) => {
      const [kind, name, actions = ""] = scope.split(":");
      const wanted = actions.split(",").filter((action) => isUser || action === "pull");
      return wanted.map((action) => `${kind}:${name}:${action}`);
    });
    const token = randomUUID();
    this.#tokens.set(token, new Set(grants));
    const name = method === "POST" ? "access_token" : "token";
    return {
      status: 200,
      body: JSON.stringify({ [name]: token, ...(life === undefined ? {} : { expires_in: life }) }),
    };
  }
}
