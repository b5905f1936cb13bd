// SPDX-License-Identifier: MIT OR Apache-2.0
import { formatImage, type ImageReference, parseImage } from "../../containerfile/base/image-reference.ts";
import { type DigestOf, TAG_ALONE } from "../../containerfile/base/pin-base.ts";
import { GreenError } from "../../error.ts";
import { readImageDigest } from "../../remote/image-digest.ts";
import type { EngineImage } from "../../runner/engine/docker-engine.ts";
import type { UnitStore } from "../../store/store.ts";

/** What has images of its own, which units are started from first: a docker engine, podman. */
export interface ImageOwner {
  /** Undefined if it has none of that name. */
  image(reference: string): Promise<Pick<EngineImage, "repoDigests"> | undefined>;
}

export interface ImageDigestContext {
  /** Undefined: a builder without any. */
  readonly owner: ImageOwner | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly store: Pick<UnitStore, "memo" | "remember">;
}

const NAMESPACE = "image digests";
/** Tags move, and builds should not: a registry is asked again after a day, in milliseconds. */
const TAG_PAUSE_MS = 24 * 3_600_000;

interface KnownTag {
  readonly digest: string;
  /** Milliseconds since the epoch. */
  readonly asked: number;
}

/**
 * Finds the digests of tags: at the owner, else in registries, which are asked once a day, if they answer.
 * Where neither does, it throws what the owner said: it is the builder that is missing then.
 */
export function imageDigests(
  { owner, env, cwd, store }: ImageDigestContext,
  ask: typeof readImageDigest = readImageDigest,
): DigestOf {
  return async (image) => {
    const name = formatImage(image);
    let noOwner: unknown;
    const own = await owner?.image(name).catch((thrown: unknown) => {
      noOwner = thrown;
      return undefined;
    });
    if (own !== undefined) return digestUnder(image, own.repoDigests) ?? TAG_ALONE;
    const memo = store.memo(NAMESPACE, name);
    const known = memo === undefined ? undefined : (JSON.parse(memo) as KnownTag);
    if (known !== undefined && Date.now() - known.asked < TAG_PAUSE_MS) return known.digest;
    const digest = await ask(image, { env, cwd }).catch((thrown: unknown) => {
      if (known === undefined) throw noOwner ?? notLookedUp(name, GreenError.from(thrown));
      return known.digest;
    });
    if (digest !== undefined) {
      store.remember(NAMESPACE, name, JSON.stringify({ digest, asked: Date.now() } satisfies KnownTag));
    }
    return digest;
  };
}

/** Under another name the digest leads its owner nowhere. */
function digestUnder(
  { host, repository }: ImageReference,
  repoDigests: readonly string[],
): string | undefined {
  return repoDigests.map(parseImage).find((each) => each.host === host && each.repository === repository)
    ?.digest;
}

function notLookedUp(name: string, cause: GreenError): GreenError {
  return new GreenError(cause.code, `The base image ${name} cannot be looked up: ${cause.message}`, {
    hint: cause.hint ?? "set `base-image` to one that can be, or `registry-mirrors` to hosts that have it",
    cause,
  });
}
