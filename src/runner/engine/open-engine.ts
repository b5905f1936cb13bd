// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Duplex } from "node:stream";
import { GreenError } from "../../error.ts";
import { connectFailure } from "../stream/connect-failure.ts";
import { forHttp2 } from "../stream/paced-stream.ts";
import { hostAndPort } from "../stream/stream-address.ts";
import type { DockerEngine } from "./docker-engine.ts";
import { EngineApi } from "./engine-api.ts";
import { EngineContainers } from "./engine-containers.ts";
import { findImage, pullImage } from "./engine-images.ts";
import { ENGINE_HINTS, engineOpener } from "./engine-opener.ts";
import type { EnginePlace } from "./engine-place.ts";
import { StreamAgent } from "./stream-agent.ts";
import { upgrade } from "./upgrade.ts";

/** An engine with all that we ask of it. */
export interface OpenEngine extends DockerEngine {
  readonly containers: EngineContainers;
  /** Pulls an image, without a login. Throws "refused" with the engine's words if that fails. */
  pull(reference: string, say: (text: string) => void, signal?: AbortSignal): Promise<void>;
  /** A connection to the BuildKit inside, for one HTTP/2 session. Throws as `BuilderEndpoint.dial` does. */
  dialBuildKit(signal?: AbortSignal): Promise<Duplex>;
}

/** What docker itself names where the engine has no name of its own: on a socket, behind ssh (moby v28, `client`). */
const NAMELESS_HOST = "api.moby.localhost";

/**
 * Opens an engine; nothing is connected before something is asked.
 * @param env what `ssh` is started with
 */
export function openEngine(place: EnginePlace, env: NodeJS.ProcessEnv): OpenEngine {
  const { name, address } = place;
  const agent = new StreamAgent(engineOpener(place, env));
  const host = address.kind === "tcp" ? hostAndPort(address) : NAMELESS_HOST;
  const api = new EngineApi(place, agent, host);
  return {
    name,
    containers: new EngineContainers(api, name),
    async version(signal) {
      const { Version, ApiVersion, Os, Arch } = await api.call("tell its version", signal, (docker) =>
        docker.version(),
      );
      return { version: Version, api: ApiVersion, platform: `${Os}/${Arch}` };
    },
    image: (reference, signal) => findImage(api, reference, signal),
    pull: (reference, say, signal) => pullImage(api, reference, say, signal),
    async dialBuildKit(signal) {
      const answer = await upgrade({ agent, host, path: "/grpc", protocol: "h2c", signal }).catch(
        (thrown: unknown) => {
          signal?.throwIfAborted();
          throw connectFailure(thrown, address, { side: name, ...ENGINE_HINTS });
        },
      );
      if (answer.kind === "upgraded") return forHttp2(answer.stream);
      throw noBuildKit(name, answer.status, answer.text);
    },
    async close() {
      agent.destroy();
    },
  };
}

function noBuildKit(side: string, status: number, text: string): GreenError {
  const said = /"message":\s*"([^"]*)"/.exec(text)?.[1] ?? text.trim();
  if (status === 404) {
    return new GreenError("refused", `${side} has no BuildKit`, {
      hint: 'that takes docker 18.09 or newer; for podman there is `runner = "podman"`',
      side,
    });
  }
  const code = status === 401 || status === 403 ? "denied" : "refused";
  return new GreenError(code, `${side} did not let us to its BuildKit: ${said || `it answered ${status}`}`, {
    side,
  });
}
