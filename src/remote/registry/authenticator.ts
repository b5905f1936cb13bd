// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { Credential, CredentialProvider } from "../credentials/credential.ts";
import { hostOf } from "../host-of.ts";
import { isLoopback } from "./loopback.ts";
import { covers, type Scope, scopeText } from "./scope.ts";
import {
  basicAuthorization,
  fetchToken,
  type Token,
  type TokenEndpointOptions,
  type TokenRealm,
} from "./token-endpoint.ts";
import type { Challenge } from "./www-authenticate.ts";

export interface AuthenticatorOptions extends TokenEndpointOptions {
  readonly repository: string;
  readonly credentials: CredentialProvider;
  /** The registry itself is spoken to without TLS, so it may give tokens in that way too. */
  readonly plain: boolean;
}

/** How a registry wants to be asked; unknown until it has answered once. */
type Scheme =
  | { readonly kind: "unknown" | "open" | "basic" }
  | { readonly kind: "bearer"; readonly realm: TokenRealm };

interface HeldToken {
  readonly scopes: readonly Scope[];
  readonly token: Promise<Token>;
  /** Undefined while it is being fetched. */
  expiresAt: number | undefined;
}

/**
 * What a client knows of a registry's logging in: how, with what, and the tokens it has. Requests that need the same
 * token at the same time share it. While nothing is known, one request goes ahead and the others wait for its answer.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  #scheme: Scheme = { kind: "unknown" };
  #pioneer: { readonly back: Promise<void>; readonly isBack: () => void } | undefined;
  #credential: Promise<Credential | undefined> | undefined;
  #tokens: readonly HeldToken[] = [];
  /** What the registry named besides what we knew to be needed, by our scopes. */
  readonly #named = new Map<string, string>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** The Authorization header for a request; undefined: none. Once it is known, `answered` must be called. */
  async authorization(scopes: readonly Scope[], signal?: AbortSignal): Promise<string | undefined> {
    if (this.#scheme.kind === "unknown") {
      if (this.#pioneer === undefined) {
        const { promise: back, resolve: isBack } = Promise.withResolvers<void>();
        this.#pioneer = { back, isBack };
        return undefined;
      }
      await untilAborted(this.#pioneer.back, signal);
    }
    if (this.#scheme.kind === "basic") return this.#basic(signal);
    if (this.#scheme.kind === "bearer") return this.#bearer(this.#scheme.realm, scopes, signal);
    return undefined;
  }

  /** Lets waiting requests go on: an answer has come, or it will not. */
  answered(): void {
    if (this.#scheme.kind === "unknown") this.#scheme = { kind: "open" };
    this.#pioneer?.isBack();
    this.#pioneer = undefined;
  }

  /**
   * Learns from a 401. True if the same request may now be let in; false if what was sent is all that we have.
   * Throws "denied" if the registry wants what we cannot give.
   */
  async challenged(
    challenges: readonly Challenge[],
    scopes: readonly Scope[],
    sent: string | undefined,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    const realm = bearer === undefined ? undefined : this.#realm(bearer);
    if (realm !== undefined) {
      this.#scheme = { kind: "bearer", realm };
      const named = bearer?.parameters["scope"];
      if (named !== undefined && named !== "") this.#named.set(keyOf(scopes), named);
      await this.#forget(sent);
      return (await this.#login(signal))?.kind !== "registry-token" || sent === undefined;
    }
    if (challenges.some(({ scheme }) => scheme === "basic")) {
      this.#scheme = { kind: "basic" };
      return sent === undefined && (await this.#basic(signal)) !== undefined;
    }
    if (challenges.length === 0) return false;
    const { host, side } = this.#options;
    const schemes = challenges.map(({ scheme }) => scheme.slice(0, 32)).join(", ");
    throw new GreenError("denied", `"${host}" wants a kind of login that is not known here (${schemes})`, {
      side,
    });
  }

  #login(signal: AbortSignal | undefined): Promise<Credential | undefined> {
    const { credentials, host, repository } = this.#options;
    this.#credential ??= credentials(host, repository);
    return untilAborted(this.#credential, signal);
  }

  async #basic(signal: AbortSignal | undefined): Promise<string | undefined> {
    const credential = await this.#login(signal);
    return credential?.kind === "basic" ? basicAuthorization(credential) : undefined;
  }

  async #bearer(
    realm: TokenRealm,
    scopes: readonly Scope[],
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const credential = await this.#login(signal);
    if (credential?.kind === "registry-token") return `Bearer ${credential.token}`;
    const now = performance.now();
    this.#tokens = this.#tokens.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
    const held =
      this.#tokens.find((each) => covers(each.scopes, scopes)) ?? this.#fetch(realm, scopes, credential);
    const { value } = await untilAborted(held.token, signal);
    return `Bearer ${value}`;
  }

  #fetch(realm: TokenRealm, scopes: readonly Scope[], credential: Credential | undefined): HeldToken {
    const named = this.#named.get(keyOf(scopes))?.split(" ") ?? [];
    const texts = [...new Set([...scopes.map(scopeText), ...named])];
    const token = fetchToken(realm, texts, credential, this.#options);
    const held: HeldToken = { scopes, token, expiresAt: undefined };
    this.#tokens = [...this.#tokens, held];
    token.then(
      ({ expiresAt }) => {
        held.expiresAt = expiresAt;
      },
      () => {
        this.#tokens = this.#tokens.filter((each) => each !== held);
      },
    );
    return held;
  }

  /** Drops the token that was just refused, unless somebody else has already replaced it. */
  async #forget(sent: string | undefined): Promise<void> {
    for (const held of this.#tokens) {
      if (held.expiresAt === undefined) continue; // Still on its way, so it cannot be the one.
      const { value } = await held.token;
      if (sent === `Bearer ${value}`) this.#tokens = this.#tokens.filter((each) => each !== held);
    }
  }

  #realm({ parameters }: Challenge): TokenRealm {
    const { host, side, plain } = this.#options;
    const text = parameters["realm"] ?? "";
    const realm = URL.canParse(text) ? new URL(text) : undefined;
    const isNear =
      realm !== undefined &&
      (isLoopback(hostOf(realm)) || (plain && hostOf(realm) === hostOf(new URL(`http://${host}`))));
    const safe = realm?.protocol === "https:" || (realm?.protocol === "http:" && isNear);
    if (realm !== undefined && safe && realm.username === "" && realm.password === "") {
      return { realm, service: parameters["service"] };
    }
    throw new GreenError("protocol", `"${host}" names no safe place to get tokens from`, { side });
  }
}

function keyOf(scopes: readonly Scope[]): string {
  return scopes.map(scopeText).join(" ");
}
