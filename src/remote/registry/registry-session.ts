// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { RegistryAddress } from "../address.ts";
import type { CredentialProvider } from "../credentials/credential.ts";
import { hostOf } from "../host-of.ts";
import { unlessSilent } from "../unless-silent.ts";
import { Authenticator } from "./authenticator.ts";
import { readErrorBody } from "./error-body.ts";
import { type Action, answerFailure, mayPass, type Purpose } from "./failure.ts";
import { startBudget } from "./first-byte-budget.ts";
import type { HttpRequest, HttpResponse, Method, Transport } from "./http.ts";
import { isLoopback } from "./loopback.ts";
import { readCapped } from "./read-capped.ts";
import { type Attempt, type RetryPolicy, withRetries } from "./retry.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { Scope } from "./scope.ts";
import { speaksTls } from "./speaks-tls.ts";
import type { Timeouts } from "./timeouts.ts";
import { parseChallenges } from "./www-authenticate.ts";

export interface SessionOptions {
  readonly side: string;
  readonly address: RegistryAddress;
  readonly transport: Transport;
  readonly credentials: CredentialProvider;
  /** Speak plain HTTP, wherever it is. */
  readonly insecure: boolean;
  readonly retries: RetryPolicy;
  readonly timeouts: Timeouts;
  readonly firstByteMs: number | undefined;
  readonly userAgent: string;
}

/** A request to a repository. Bodies may be asked for several times. */
export interface SessionRequest {
  readonly method: Method;
  /** Below the repository's own URL, or what the registry named. */
  readonly path: string | URL;
  readonly action: Action;
  /** What is asked for, for errors: `manifest "latest"`. */
  readonly what: string;
  /** The digest that is to be removed. */
  readonly digest?: string | undefined;
  /** Repositories to pull from besides. */
  readonly from?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: (() => AsyncIterable<Uint8Array>) | Uint8Array | undefined;
  /** Statuses that the caller understands; any other becomes an error. */
  readonly expected: readonly number[];
  /** Milliseconds; default: as the options say. */
  readonly answerMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where a registry of the distribution specification answers for a repository. */
interface Endpoint {
  /** Ends in a slash. */
  readonly base: URL;
  readonly authenticator: Authenticator;
}

/** Storage behind registries takes one or two. */
const MAX_REDIRECTS = 5;
/** A login that was forgotten by the server, and one that ended in between. */
const MAX_LOGINS = 2;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const ACTIONS: Readonly<Record<Action, Scope["actions"]>> = {
  ...{ pull: ["pull"], push: ["pull", "push"], delete: ["pull", "delete"] },
};
const HUB_HOST = "registry-1.docker.io";

/** Asks a registry about one repository: logs in, follows, tries again, and turns answers into errors. */
export class RegistrySession {
  readonly #options: SessionOptions;
  readonly host: string;
  readonly repository: string;
  #endpoint: Promise<Endpoint> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { host, repository } = options.address;
    const isHub = host === "docker.io" || host === "index.docker.io" || host === HUB_HOST;
    this.host = isHub ? HUB_HOST : host;
    this.repository = isHub && !repository.includes("/") ? `library/${repository}` : repository;
  }

  get side(): string {
    return this.#options.side;
  }

  get timeouts(): Timeouts {
    return this.#options.timeouts;
  }

  get retries(): RetryPolicy {
    return this.#options.retries;
  }

  /** Opens so many connections, for what will be asked soon, where it need not be found out how to ask. */
  connect(count: number): void {
    const { insecure, transport } = this.#options;
    const url = new URL(`${insecure ? "http" : "https"}://${this.host}`);
    if (insecure || !isLoopback(hostOf(url))) transport.connect?.(url, count);
  }

  /** Sends until there is an expected answer. Its body is the caller's. */
  async send(request: SessionRequest): Promise<HttpResponse> {
    const budget = this.#budget(request);
    try {
      const { signal } = budget;
      const response = await withRetries(this.retries, signal, () => this.#attempt({ ...request, signal }));
      return this.#unlessSilent(response, request);
    } finally {
      budget.stop();
    }
  }

  /** Like `send`, but without trying again what only a part of a larger attempt is. */
  async sendOnce(request: SessionRequest): Promise<HttpResponse> {
    const outcome = await this.#attempt(request);
    if (outcome.kind === "again") throw outcome.error;
    return outcome.value;
  }

  /** Like `send`, with the whole body, which is asked for again if the connection breaks. Throws "protocol" beyond `most` bytes. */
  async fetch(
    request: SessionRequest,
    most: number,
  ): Promise<{ readonly response: HttpResponse; readonly bytes: Uint8Array }> {
    const budget = this.#budget(request);
    const { signal } = budget;
    try {
      return await withRetries(this.retries, signal, async () => {
        const outcome = await this.#attempt({ ...request, signal });
        if (outcome.kind === "again") return outcome;
        budget.stop();
        const bytes = await readCapped(this.#unlessSilent(outcome.value, request), most);
        if (bytes !== undefined) return { kind: "done", value: { response: outcome.value, bytes } };
        throw this.error("protocol", `The ${request.what} has more than ${most} bytes`);
      });
    } finally {
      budget.stop();
    }
  }

  /**
   * A URL that the registry named. Behind proxies that end TLS, registries name themselves without it: we stay with
   * what we began with. Throws "protocol" for one that would leave TLS.
   */
  async named(location: string, from: URL): Promise<URL> {
    const { base } = await this.#connect(undefined);
    const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if (url === undefined) throw this.error("protocol", "The registry named a place that is no URL");
    const isPlain = url.protocol === "http:" && base.protocol === "https:";
    if (isPlain && url.hostname === base.hostname && (url.port === base.port || url.port === "")) {
      url.protocol = base.protocol;
      url.port = base.port;
    }
    url.username = "";
    url.password = "";
    url.hash = "";
    if (url.protocol === "https:" || (url.protocol === "http:" && base.protocol === "http:")) return url;
    throw this.error("protocol", `The registry named a place without TLS on "${url.host}"`);
  }

  /** True if requests to this URL go to the registry itself, with what logs us in. */
  async isOwn(url: URL): Promise<boolean> {
    return url.origin === (await this.#connect(undefined)).base.origin;
  }

  error(code: "protocol" | "corrupt" | "refused" | "not-found", text: string): GreenError {
    return new GreenError(code, `${text} (${this.host}, repository ${this.repository})`, { side: this.side });
  }

  #budget({ action, signal }: SessionRequest) {
    const limit = action === "pull" ? this.#options.firstByteMs : undefined;
    return startBudget(limit, signal, this.side, this.host);
  }

  /** What may be waited for at its beginning for so long only may stop for no longer either. */
  #unlessSilent(response: HttpResponse, { action }: SessionRequest): HttpResponse {
    const { firstByteMs, side } = this.#options;
    if (action !== "pull" || firstByteMs === undefined) return response;
    const message = `"${this.host}" stopped in the middle of an answer for ${firstByteMs / 1000} s`;
    const body = unlessSilent(
      response.body,
      firstByteMs,
      () => new GreenError("unreachable", message, { side }),
    );
    return { ...response, body };
  }

  /** Whoever asks first finds out how to ask, and for no longer than it waits itself: then the next one does. */
  async #connect(signal: AbortSignal | undefined): Promise<Endpoint> {
    for (;;) {
      const isFirst = this.#endpoint === undefined;
      this.#endpoint ??= this.#open(signal).catch((thrown: unknown) => {
        this.#endpoint = undefined;
        throw thrown;
      });
      try {
        return await untilAborted(this.#endpoint, signal);
      } catch (thrown) {
        if (isFirst || signal?.aborted === true) throw thrown;
      }
    }
  }

  async #open(signal: AbortSignal | undefined): Promise<Endpoint> {
    const { side, transport, credentials, insecure, retries, userAgent } = this.#options;
    const { host, repository } = this;
    const secure = new URL(`https://${host}`);
    const name = hostOf(secure);
    const plain =
      insecure || (isLoopback(name) && !(await speaksTls(name, Number(secure.port || 443), signal)));
    const base = new URL(`${plain ? "http" : "https"}://${host}/v2/${repository}/`);
    const authenticator = new Authenticator({
      ...{ side, transport, credentials, retries, userAgent, host, repository, plain },
    });
    return { base, authenticator };
  }

  async #attempt(request: SessionRequest): Promise<Attempt<HttpResponse>> {
    const response = await this.#loggedIn(request);
    const { status } = response;
    if (request.expected.includes(status)) return { kind: "done", value: response };
    const waitMs = retryAfterMs(response.header("retry-after"), this.retries.maxAskedMs, Date.now());
    const error = await this.#failure(response, request);
    if (mayPass(status)) return { kind: "again", error, waitMs };
    throw error;
  }

  async #failure(response: HttpResponse, { action, what, digest }: SessionRequest): Promise<GreenError> {
    const { side, host, repository } = this;
    const body = await readErrorBody(response);
    if (await this.isOwn(response.url)) {
      const purpose: Purpose = { side, host, repository, action, what, digest };
      return answerFailure(response.status, body, purpose);
    }
    // Signed URLs end after some minutes: the registry makes a new one.
    const message = `"${response.url.host}", where the registry keeps the ${what}, answered ${response.status}`;
    return new GreenError("unreachable", `${message} (${host}, repository ${repository})`, {
      side,
      retryable: response.status === 401 || response.status === 403 || mayPass(response.status),
    });
  }

  async #loggedIn(request: SessionRequest): Promise<HttpResponse> {
    const { action, from, signal } = request;
    const { base, authenticator } = await this.#connect(signal);
    const url = typeof request.path === "string" ? new URL(request.path, base) : request.path;
    if (url.origin !== base.origin) return this.#follow(request, url, undefined);
    const own: Scope = { repository: this.repository, actions: ACTIONS[action] };
    const scopes: readonly Scope[] =
      from === undefined ? [own] : [own, { repository: from, actions: ["pull"] }];
    for (let logins = 0; ; logins++) {
      const authorization = await authenticator.authorization(scopes, signal);
      try {
        const response = await this.#follow(request, url, authorization);
        if (response.status !== 401 || logins === MAX_LOGINS || response.url.origin !== base.origin)
          return response;
        const challenges = parseChallenges(response.header("www-authenticate") ?? "");
        if (!(await authenticator.challenged(challenges, scopes, authorization, signal))) return response;
        await response.discard();
      } finally {
        authenticator.answered();
      }
    }
  }

  /** Follows by hand, as what logs us in is for the registry alone. */
  async #follow(
    request: SessionRequest,
    first: URL,
    authorization: string | undefined,
  ): Promise<HttpResponse> {
    const { method, body, answerMs = this.#options.timeouts.answerMs, signal } = request;
    const follows = method === "GET" || method === "HEAD";
    let url = first;
    let login = authorization;
    for (let redirects = 0; ; redirects++) {
      const http: HttpRequest = {
        ...{ method, url, answerMs, signal },
        headers: {
          "user-agent": this.#options.userAgent,
          ...request.headers,
          ...(login === undefined ? {} : { authorization: login }),
        },
        body: typeof body === "function" ? body() : body,
      };
      const response = await this.#options.transport.send(http);
      const location = REDIRECTS.includes(response.status) ? response.header("location") : undefined;
      if (!follows || location === undefined) return response;
      await response.discard();
      if (redirects === MAX_REDIRECTS) throw this.error("protocol", "The registry redirects in circles");
      const target = await this.named(location, url);
      if (target.origin !== url.origin) login = undefined;
      url = target;
    }
  }
}
