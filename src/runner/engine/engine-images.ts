// SPDX-License-Identifier: MIT OR Apache-2.0
import { createInterface } from "node:readline";
import { GreenError } from "../../error.ts";
import type { EngineImage } from "./docker-engine.ts";
import { asRecord, asText } from "./docker-files.ts";
import type { EngineApi } from "./engine-api.ts";

/** The distribution specification's grammar of references, roughly: nothing that means something in a URL. */
const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/;

/** An image that an engine has; undefined if it has none of this name. Throws "usage" for what is no name. */
export async function findImage(
  api: EngineApi,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<EngineImage | undefined> {
  checkReference(reference);
  const found = await api.find(`tell of the image "${reference}"`, signal, (docker) =>
    docker.getImage(reference).inspect(),
  );
  if (found === undefined) return undefined;
  const { Id: id, RepoDigests: repoDigests, Os, Architecture, Config: config } = found;
  return {
    ...{ id, repoDigests: repoDigests ?? [], platform: `${Os}/${Architecture}` },
    config: {
      env: config?.Env ?? [],
      entrypoint: [config?.Entrypoint ?? []].flat(),
      cmd: config?.Cmd ?? [],
      workingDir: config?.WorkingDir ?? "",
      user: config?.User ?? "",
      labels: config?.Labels ?? {},
    },
  };
}

/** Pulls an image. Throws "refused" with the engine's words if that fails. */
export async function pullImage(
  api: EngineApi,
  reference: string,
  say: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  checkReference(reference);
  const what = `pull the image "${reference}"`;
  await api.call(what, signal, async (docker) => {
    const stream = await docker.pull(reference, { abortSignal: signal });
    // One JSON object a line (Engine API 1.51, "Create an image"); what went wrong is in one of them.
    for await (const line of createInterface({ input: stream })) {
      const message = asRecord(JSON.parse(line));
      const wrong = asText(message?.["error"]);
      if (wrong !== undefined) throw new GreenError("refused", `The engine did not ${what}: ${wrong}`);
      const status = asText(message?.["status"]);
      if (status !== undefined) say(status);
    }
  });
}

function checkReference(reference: string): void {
  if (REFERENCE.test(reference)) return;
  throw new GreenError("usage", `"${reference}" is no name of an image`, {
    hint: "write NAME:TAG or NAME@sha256:…",
  });
}
