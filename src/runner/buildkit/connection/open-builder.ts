// SPDX-License-Identifier: MIT OR Apache-2.0
import { type OpenEngine, openEngine } from "../../engine/open-engine.ts";
import type { BuilderEndpoint } from "../builder-endpoint.ts";
import type { BuilderPlace } from "./builder-place.ts";
import { containerEndpoint } from "./container-endpoint.ts";
import { engineEndpoint } from "./engine-endpoint.ts";
import { remoteEndpoint } from "./remote-endpoint.ts";
import { usable } from "./unsupported.ts";

/** A builder that can be dialled. */
export interface OpenBuilder {
  /** Closing it closes the engine, too. */
  readonly endpoint: BuilderEndpoint;
  /** The docker engine that it is inside of, whose images it has; or whose container it is in, which has none of them. */
  readonly engine: OpenEngine | undefined;
}

/**
 * Opens a builder; nothing is connected before something is asked.
 * @param env what `ssh` is started with
 * @throws GreenError "config" for a builder that cannot be used from here
 */
export function openBuilder(place: BuilderPlace, env: NodeJS.ProcessEnv): OpenBuilder {
  const { name, title, source } = place;
  const at = usable(place);
  switch (at.driver) {
    case "docker": {
      const engine = openEngine(at.engine, env);
      return { endpoint: engineEndpoint(title, engine), engine };
    }
    case "docker-container": {
      const engine = openEngine(at.engine, env);
      const { container } = at;
      return {
        endpoint: containerEndpoint(title, engine, { container, absentHint: absentHint(name, source) }),
        engine,
      };
    }
    case "remote":
      return { endpoint: remoteEndpoint(title, at.address, env), engine: undefined };
  }
}

function absentHint(name: string, source: BuilderPlace["source"]): string {
  return source === "buildx"
    ? `\`docker buildx inspect --bootstrap ${name}\` makes it`
    : "`cargo green builder create NAME` makes one; `cargo green builder ls` shows those that there are";
}
