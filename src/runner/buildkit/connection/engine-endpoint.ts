// SPDX-License-Identifier: MIT OR Apache-2.0

import type { EnginePlace } from "../../engine/engine-place.ts";
import { openEngine } from "../../engine/open-engine.ts";
import type { BuilderEndpoint } from "../builder-endpoint.ts";

/** The BuildKit inside of a docker engine. */
export function engineEndpoint(name: string, place: EnginePlace, env: NodeJS.ProcessEnv): BuilderEndpoint {
  const engine = openEngine(place, env);
  return {
    ...{ name, kind: "engine" },
    dial: (signal) => engine.dialBuildKit(signal),
    close: () => engine.close(),
  };
}
