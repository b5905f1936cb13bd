// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { ContainerBase } from "../container-unit.ts";
import { formatImage, type ImageReference, parseImage, placesOf } from "./image-reference.ts";
import type { BasePlan } from "./plan-base.ts";

/** An image that a docker engine has, and that no digest leads to: it was built there, or given another name. */
export const TAG_ALONE = "tag alone";

/** Asks for the digest of an image's tag: `sha256:…`; undefined if there is no such image. */
export type DigestOf = (image: ImageReference) => Promise<string | undefined>;

/**
 * The base of a plan, with every image pinned to its digest, as far as it has one.
 * @throws GreenError "not-found" for an image that is nowhere, and what asking throws
 */
export async function pinBase(
  plan: BasePlan,
  mirrors: readonly string[],
  digestOf: DigestOf,
): Promise<ContainerBase> {
  const pinned = new Map<string, string>();
  for (const image of plan.images) pinned.set(image, await pinImage(image, mirrors, digestOf));
  return plan.base((image) => pinned.get(image) ?? image);
}

/**
 * The name of an image where it was found first, with its tag, for people, and its digest, which decides; or with its
 * tag alone.
 */
export async function pinImage(
  image: string,
  mirrors: readonly string[],
  digestOf: DigestOf,
): Promise<string> {
  const parsed = parseImage(image);
  if (parsed.digest !== undefined) return formatImage(parsed);
  const places = placesOf(parsed, mirrors);
  for (const place of places) {
    const isLast = place === places.at(-1);
    const digest = await digestOf(place).catch((thrown: unknown) => {
      // What a mirror lacks or cannot say, the registry itself may.
      if (isLast) throw thrown;
      return undefined;
    });
    if (digest === TAG_ALONE) return formatImage(place);
    if (digest !== undefined) return formatImage({ ...place, digest });
  }
  throw new GreenError("not-found", `There is no image ${formatImage(parsed)}`, {
    hint: "set `base-image` to one that is there and has the same rustc",
  });
}
