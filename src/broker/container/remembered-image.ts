// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerBase } from "../../containerfile/container-unit.ts";
import type { ContainerRunner } from "../../runner/container/container-runner.ts";
import type { UnitStore } from "../../store/store.ts";
import type { UnitImage } from "./image.ts";

const NAMESPACE = "base image";
/** Changes whenever something else is asked of images. */
const SCHEMA = 1;

/**
 * What is known of an image, learnt once: a build whose units are all cached needs no builder.
 * What a stage is made of is named by its text and pinned images; who wants it made anew changes the text.
 */
export async function rememberedImage(
  base: ContainerBase,
  runner: ContainerRunner["kind"],
  store: Pick<UnitStore, "memo" | "remember">,
  learn: () => Promise<UnitImage>,
): Promise<UnitImage> {
  const key = JSON.stringify([SCHEMA, runner, base]);
  const known = store.memo(NAMESPACE, key);
  if (known !== undefined) return JSON.parse(known) as UnitImage;
  const image = await learn();
  store.remember(NAMESPACE, key, JSON.stringify(image));
  return image;
}
