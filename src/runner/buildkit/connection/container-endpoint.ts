// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { GreenError } from "../../../error.ts";
import type { EngineContainers } from "../../engine/engine-containers.ts";
import type { OpenEngine } from "../../engine/open-engine.ts";
import { firstWord, notHttp2 } from "../../stream/first-word.ts";
import { forHttp2 } from "../../stream/paced-stream.ts";
import type { BuilderEndpoint } from "../builder-endpoint.ts";

/** BuildKit that was just started listens after this at the latest: 15 s. */
const BOOT_MS = 15_000;
/** Between two tries, milliseconds. */
const RETRY_MS = 200;
/** So long a program in a container may take to say something: 15 s. */
const SILENCE_MS = 15_000;

export interface ContainerBuilder {
  readonly container: string;
  /** What to do where there is no such container. */
  readonly absentHint: string;
}

/**
 * A buildkitd in a container, reached as buildx does: `buildctl dial-stdio` as a program in it. A container that is
 * stopped is started. The engine is closed with it.
 */
export function containerEndpoint(
  name: string,
  engine: OpenEngine,
  { container, absentHint }: ContainerBuilder,
): BuilderEndpoint {
  return {
    ...{ name, kind: "buildkitd" },
    async dial(signal) {
      const found = await engine.containers.find(container, signal);
      if (found === undefined) {
        throw new GreenError(
          "not-found",
          `The container "${container}" of ${name} does not exist at ${engine.name}`,
          {
            ...{ side: name, hint: absentHint },
          },
        );
      }
      if (!found.running) await engine.containers.start(container, signal);
      return dialIn(engine.containers, container, performance.now() + (found.running ? 0 : BOOT_MS), signal);
    },
    close: () => engine.close(),
  };
}

async function dialIn(
  containers: EngineContainers,
  container: string,
  untilMs: number,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  for (;;) {
    try {
      return await dialOnce(containers, container, signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      if (performance.now() > untilMs || NEVER.test(GreenError.from(thrown).message)) throw thrown;
      await sleep(RETRY_MS, undefined, { signal });
    }
  }
}

const DIAL = ["buildctl", "dial-stdio"];
/** What an engine says of a program that is not there: waiting does not help. */
const NEVER = /executable file not found/;

async function dialOnce(
  containers: EngineContainers,
  container: string,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  const stream = await containers.exec(container, DIAL, signal);
  try {
    await firstWord(stream, SILENCE_MS, signal);
    // Engines put what they have to say of a program that does not start where its output would be.
    const words = notHttp2(stream);
    if (words === undefined) return forHttp2(stream);
    throw new GreenError("unreachable", `\`${DIAL.join(" ")}\` in the container "${container}": ${words}`);
  } catch (thrown) {
    stream.on("error", () => {}).destroy();
    throw thrown;
  }
}
