// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerBase } from "../../containerfile/container-unit.ts";
import type { ContainerRunner } from "../../runner/container/container-runner.ts";
import type { UnitStore } from "../../store/store.ts";
import type { UnitImage } from "./image.ts";

const NAMESPACE = "base image";
/** Changes whenever something else is asked of images. */
const SCHEMA = 3;

/** Where a base is made. */
export interface BasePlace {
  readonly runner: ContainerRunner["kind"];
  /** The builder's name: each makes a stage for itself, of the packages that there are then. */
  readonly builder: string;
}

type Memo = Pick<UnitStore, "memo" | "remember">;

/** What is known of an image, learnt once: a build whose units are all cached needs no builder. */
export async function rememberedImage(
  base: ContainerBase,
  place: BasePlace,
  store: Memo,
  learn: () => Promise<UnitImage>,
): Promise<UnitImage> {
  const known = store.memo(NAMESPACE, nameOf(base, place));
  if (known !== undefined) return JSON.parse(known) as UnitImage;
  const image = await learn();
  rememberImage(image, place, store);
  return image;
}

/** Notes what is known of an image now, for builds to come. */
export function rememberImage(image: UnitImage, place: BasePlace, store: Memo): void {
  store.remember(NAMESPACE, nameOf(image.base, place), JSON.stringify(image));
}

function nameOf(base: ContainerBase, { runner, builder }: BasePlace): string {
  return JSON.stringify([SCHEMA, runner, base, base.kind === "stage" ? builder : ""]);
}
