// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../../error.ts";
import type { EnginePlace } from "../../engine/engine-place.ts";
import { type OpenEngine, openEngine } from "../../engine/open-engine.ts";
import { formatAddress } from "../../stream/stream-address.ts";
import { type BuilderEntry, entryOf } from "./builder-entry.ts";
import type { BuilderAt } from "./builder-place.ts";
import { containerEndpoint } from "./container-endpoint.ts";

/** What `docker buildx create` takes (buildx 0.29, `driver/bkimage`). */
export const BUILDKIT_IMAGE = "moby/buildkit:buildx-stable-1";
/** On containers that we made: the builder's name. Others are never removed. */
const LABEL = "cargo-green.builder";
/** Where that image keeps its state. */
const STATE_DIRECTORY = "/var/lib/buildkit";
/** Lines of a log that are shown of BuildKit that did not come up. */
const LOG_LINES = 5;

export interface NewContainer {
  /** The builder's name. */
  readonly builder: string;
  /** Default BUILDKIT_IMAGE. */
  readonly image?: string | undefined;
  /** Told what is waited for. */
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the container of a builder and waits until BuildKit listens in it, as buildx's docker-container driver does:
 * privileged, its state in a volume of its own. The image is pulled if the engine has none of its name. What does not
 * come up is removed again.
 *
 * @param env what `ssh` is started with
 * @returns what settings are to say of it
 * @throws GreenError "usage" if there is such a container; "config" for an engine that settings cannot name; "refused"
 * if the image cannot be pulled, or BuildKit not started, with its last words
 */
export async function makeContainer(
  place: EnginePlace,
  { builder, image = BUILDKIT_IMAGE, say, signal }: NewContainer,
  env: NodeJS.ProcessEnv,
): Promise<BuilderEntry> {
  const name = containerOf(builder);
  const entry = entryOfContainer(name, place);
  const engine = openEngine(place, env);
  try {
    if ((await engine.containers.find(name, signal)) !== undefined) {
      throw new GreenError("usage", `The container "${name}" is there already at ${engine.name}`, {
        hint: `remove it, \`docker rm --force ${name}\`, or give the builder another name`,
      });
    }
    if ((await engine.image(image, signal)) === undefined) {
      await engine.pull(image, (text) => say(`${image}: ${text}`), signal);
    }
    say("starting BuildKit");
    const volume = { name: stateOf(name), target: STATE_DIRECTORY };
    await engine.containers.create({ name, image, labels: { [LABEL]: builder }, volume }, signal);
    await started(engine, name, image, signal);
    return entry;
  } finally {
    await engine.close();
  }
}

async function started(engine: OpenEngine, name: string, image: string, signal: AbortSignal): Promise<void> {
  try {
    const endpoint = containerEndpoint(name, engine, {
      container: name,
      absentHint: "somebody removed it: try again",
    });
    (await endpoint.dial(signal)).destroy();
  } catch (thrown) {
    const words = await engine.containers.logs(name, LOG_LINES).catch(() => "");
    await engine.containers.remove(name, [stateOf(name)]).catch(() => {}); // what went wrong before says more
    signal.throwIfAborted();
    throw new GreenError("refused", `BuildKit did not start: ${words || GreenError.from(thrown).message}`, {
      hint: `is "${image}" an image of BuildKit, and may the engine run privileged containers?`,
      ...{ side: engine.name, cause: thrown },
    });
  }
}

function entryOfContainer(container: string, { context, address, name }: EnginePlace): BuilderEntry {
  const entry = { ...entryOf(`docker-container://${container}`), engine: context ?? formatAddress(address) };
  if (context !== undefined || address.kind !== "tcp" || address.tls === undefined) return entry;
  const { verify, ...files } = address.tls;
  if (verify) return { ...entry, ...files };
  throw new GreenError("config", `${name} is not asked for its certificate, which settings cannot say`, {
    hint: "make a docker context of it, and name that with --engine",
  });
}

/**
 * The container that was made for a builder by `makeContainer`; undefined if there is none, or if it was made by
 * somebody else.
 */
export async function findMade(
  builder: string,
  at: BuilderAt,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<MadeContainer | undefined> {
  if (at.driver !== "docker-container") return undefined;
  const engine = openEngine(at.engine, env);
  try {
    const found = await engine.containers.find(at.container, signal);
    return found?.labels[LABEL] === builder ? { name: at.container, engine: at.engine } : undefined;
  } finally {
    await engine.close();
  }
}

/** A container that `makeContainer` made. */
export interface MadeContainer {
  readonly name: string;
  readonly engine: EnginePlace;
}

/** Removes such a container, and the volume with its state unless that is to be kept. */
export async function removeMade(
  { name, engine: place }: MadeContainer,
  { keepState, signal }: { readonly keepState: boolean; readonly signal: AbortSignal },
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const engine = openEngine(place, env);
  try {
    await engine.containers.remove(name, keepState ? [] : [stateOf(name)], signal);
  } finally {
    await engine.close();
  }
}

function containerOf(builder: string): string {
  return `cargo-green-builder-${builder}`;
}

function stateOf(container: string): string {
  return `${container}_state`;
}
