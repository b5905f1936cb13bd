// SPDX-License-Identifier: MIT OR Apache-2.0
import type { OpenEngine } from "../../engine/open-engine.ts";
import type { BuilderEndpoint } from "../builder-endpoint.ts";

/** The BuildKit inside of a docker engine, which is closed with it. */
export function engineEndpoint(name: string, engine: OpenEngine): BuilderEndpoint {
  return {
    ...{ name, kind: "engine" },
    dial: (signal) => engine.dialBuildKit(signal),
    close: () => engine.close(),
  };
}
