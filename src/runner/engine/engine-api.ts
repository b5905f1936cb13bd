// SPDX-License-Identifier: MIT OR Apache-2.0
import type Docker from "dockerode";
import { GreenError } from "../../error.ts";
import { untilAborted } from "../../until-aborted.ts";
import { connectFailure } from "../stream/connect-failure.ts";
import { ENGINE_HINTS } from "./engine-opener.ts";
import type { EnginePlace } from "./engine-place.ts";
import type { StreamAgent } from "./stream-agent.ts";

/** What an engine answered that was not wanted. */
interface ApiFailure extends Error {
  readonly statusCode: number;
  /** The answer: parsed if it is JSON, else its bytes. */
  readonly json?: unknown;
}

/** Calls of an engine's API by way of dockerode, which is loaded for the first. */
export class EngineApi {
  readonly #place: EnginePlace;
  readonly #agent: StreamAgent;
  readonly #host: string;
  #docker: Promise<Docker> | undefined;

  constructor(place: EnginePlace, agent: StreamAgent, host: string) {
    this.#place = place;
    this.#agent = agent;
    this.#host = host;
  }

  /**
   * Does what `work` does with the engine.
   * @param what it is for: `make a container`
   * @throws GreenError as `StreamOpener` does, "denied" and "refused" for what the engine will not; the signal's reason
   */
  async call<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (docker: Docker) => Promise<T>,
  ): Promise<T> {
    try {
      this.#docker ??= this.#load();
      return await untilAborted(work(await this.#docker), signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      throw isAnswer(thrown)
        ? answerFailure(what, thrown, this.#place)
        : connectFailure(thrown, this.#place.address, { side: this.#place.name, ...ENGINE_HINTS });
    }
  }

  /** The same, where it may be that there is no such thing; then undefined. */
  async find<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (docker: Docker) => Promise<T>,
  ): Promise<T | undefined> {
    return this.call(what, signal, (docker) =>
      work(docker).catch((thrown: unknown) => {
        if (isAnswer(thrown) && thrown.statusCode === 404) return undefined;
        throw thrown;
      }),
    );
  }

  async #load(): Promise<Docker> {
    const { Dockerode } = await import("./dockerode.ts");
    // Any path: the agent gives the streams, which the types do not know of. Without a host, nothing is parsed as a URL.
    const options = { host: "", socketPath: "/", headers: { Host: this.#host }, agent: this.#agent };
    return new Dockerode(options);
  }
}

function isAnswer(thrown: unknown): thrown is ApiFailure {
  return thrown instanceof Error && "statusCode" in thrown && typeof thrown.statusCode === "number";
}

/** What Go's HTTPS servers answer to plain HTTP (Go 1.24, `net/http`). */
const WANTS_TLS = /HTTP request to an HTTPS server/;

function answerFailure(what: string, failure: ApiFailure, { name: side }: EnginePlace): GreenError {
  const { statusCode } = failure;
  const said = saidBy(failure);
  if (WANTS_TLS.test(said)) {
    return new GreenError("unreachable", `${side} wants TLS`, {
      hint: "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or make a docker context with its certificates",
      ...{ side, cause: failure },
    });
  }
  const denied = statusCode === 401 || statusCode === 403;
  const why = said === "" ? `it answered ${statusCode}` : said;
  return new GreenError(denied ? "denied" : "refused", `${side} did not ${what}: ${why}`, {
    side,
    cause: failure,
  });
}

/** 300 characters: more of an answer that is no error message of docker's says nothing to anybody. */
const MAX_SAID = 300;

/** Of answers that are streams, dockerode has what they say in its own message only, behind a dash. */
function saidBy({ json, message: own }: ApiFailure): string {
  const message = typeof json === "object" && json !== null && "message" in json ? json.message : json;
  const text =
    typeof message === "string" || message instanceof Uint8Array ? Buffer.from(message).toString("utf8") : "";
  return (text || own.slice(own.indexOf(" - ") + 3)).trim().slice(0, MAX_SAID);
}
