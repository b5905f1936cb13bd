// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../../error.ts";
import type { EngineVersion } from "../../engine/docker-engine.ts";
import { type BuilderReport, describeBuilder } from "../describe-builder.ts";
import type { BuilderPlace } from "./builder-place.ts";
import { type OpenBuilder, openBuilder } from "./open-builder.ts";

/** How a builder is. */
export type BuilderStatus =
  | { readonly kind: "running"; readonly report: BuilderReport; readonly engine: EngineVersion | undefined }
  /** Its container is there and does not run; it is started when something is built. */
  | { readonly kind: "stopped" }
  /** Its container was never made, or was removed. */
  | { readonly kind: "absent"; readonly error: GreenError }
  /** It cannot be used from here, whether it runs or not. */
  | { readonly kind: "unsupported"; readonly error: GreenError }
  | { readonly kind: "failed"; readonly error: GreenError };

/** Who does not answer within this is not waited for: 20 s, as buildx does. */
const PROBE_MS = 20_000;

export interface ProbeOptions {
  /** What `ssh` is started with. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Also starts a container that does not run. */
  readonly start: boolean;
}

/** Asks a builder how it is. Rejects with the signal's reason only. */
export async function probeBuilder(
  place: BuilderPlace,
  { env, signal, start }: ProbeOptions,
): Promise<BuilderStatus> {
  const limit = AbortSignal.timeout(PROBE_MS);
  try {
    return await asked(place, openBuilder(place, env), start, AbortSignal.any([signal, limit]));
  } catch (thrown) {
    signal.throwIfAborted();
    const error = limit.aborted ? silent(place.title) : GreenError.from(thrown);
    if (place.at.driver === "unsupported") return { kind: "unsupported", error };
    return { kind: error.code === "not-found" ? "absent" : "failed", error };
  }
}

async function asked(
  { at }: BuilderPlace,
  { endpoint, engine }: OpenBuilder,
  start: boolean,
  signal: AbortSignal,
): Promise<BuilderStatus> {
  try {
    if (at.driver === "docker-container" && !start) {
      const found = await engine?.containers.find(at.container, signal);
      if (found?.running === false) return { kind: "stopped" };
    }
    // Before BuildKit, whose connection then takes over the one that this was asked on.
    const version = at.driver === "docker" ? await engine?.version(signal) : undefined;
    return { kind: "running", report: await describeBuilder(endpoint, signal), engine: version };
  } finally {
    await endpoint.close();
  }
}

function silent(side: string): GreenError {
  return new GreenError("unreachable", `${side} did not answer within ${PROBE_MS / 1000} s`, {
    side,
    retryable: true,
  });
}
