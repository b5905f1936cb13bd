// SPDX-License-Identifier: MIT OR Apache-2.0
// A thread of its own: see staging-thread.ts. It is bundled by itself, and small.
import { parentPort } from "node:worker_threads";
import { GreenError } from "../../error.ts";
import { ArrivingBytes } from "../../remote/format/arriving-bytes.ts";
import { stageArriving } from "./stage-layer.ts";
import type { StagedLayer, ToThread } from "./staging-thread.ts";

type NewLayer = Extract<ToThread, { kind: "layer" }>;

const underWay = new Map<number, ArrivingBytes>();

async function stage({ number, memory, size, layer }: NewLayer): Promise<void> {
  const arriving = new ArrivingBytes(Buffer.from(memory, 0, size));
  underWay.set(number, arriving);
  const failure = await stageArriving(arriving, layer).then(() => undefined, GreenError.from);
  underWay.delete(number);
  const staged: StagedLayer = {
    number,
    failure: failure && { code: failure.code, message: failure.message, hint: failure.hint },
  };
  parentPort?.postMessage(staged);
}

parentPort?.on("message", (told: ToThread) => {
  if (told.kind === "layer") void stage(told);
  else if (told.kind === "arrived") underWay.get(told.number)?.arrive(told.count);
  else underWay.get(told.number)?.fail(new Error("The rest does not come"));
});
