// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerBase } from "../container-unit.ts";
import { parseContainerfile } from "../parse-containerfile.ts";
import { type ParsedContainerfile, renameImages } from "../parsed-containerfile.ts";
import { type Additions, addedSteps } from "./added-steps.ts";
import { formatImage, parseImage } from "./image-reference.ts";
import { officialImage, type RustcVersion } from "./official-image.ts";
import { platformOf } from "./platform.ts";
import { tellContents } from "./tell-contents.ts";

/** The settings that say what units in containers start from. */
export interface BaseSettings extends Omit<Additions, "targets"> {
  readonly baseImage: string | undefined;
  readonly baseImageInline: string | undefined;
}

/** What units start from, as far as that is known without asking anybody. */
export interface BasePlan {
  readonly platform: string;
  /** Complete names of the images that it is made of, each once. Those that have a digest are pinned already. */
  readonly images: readonly string[];
  /** The base with other names of these images: those that are pinned. */
  base(rename: (image: string) => string): ContainerBase;
}

/**
 * Plans the base of units from the settings; without any, it is the official image with the same rustc as here. Lines
 * of `base-image-inline` that have no `FROM` of their own go on from `base-image`.
 * @param targets triples that are compiled for besides the host
 * @throws GreenError "config" for settings that make no base, "environment" if there is no such official image
 */
export async function planBase(
  settings: BaseSettings,
  rustc: RustcVersion,
  targets: readonly string[],
): Promise<BasePlan> {
  const platform = platformOf(rustc.host);
  const steps = addedSteps({ ...settings, targets: targets.filter((target) => target !== rustc.host) });
  const { baseImageInline: inline = "" } = settings;
  const isWhole = /^\s*FROM\s/im.test(inline);
  const image = isWhole ? "" : formatImage(parseImage(settings.baseImage ?? officialImage(rustc)));
  if (inline === "" && steps.length === 0) {
    return { platform, images: [image], base: (rename) => imageBase(rename(image), platform) };
  }
  const start = isWhole ? [] : [`FROM --platform=${platform} ${image}`];
  const text = [...start, ...(inline === "" ? [] : [inline.trimEnd()]), ...steps, ""].join("\n");
  return containerfilePlan(await parseContainerfile(text, "base-image-inline"), platform);
}

/** Plans a base that a Containerfile makes, and that says what is in it. */
export function containerfilePlan(parsed: ParsedContainerfile, platform: string): BasePlan {
  const whole = (image: string) => formatImage(parseImage(image));
  const telling = tellContents(parsed);
  const named = parsed.images.map(({ start, end }) => whole(parsed.text.slice(start, end)));
  return {
    ...{ platform, images: [...new Set(named)] },
    base: (rename) => ({
      ...{ kind: "stage", platform },
      containerfile: renameImages(telling, (image) => rename(whole(image))),
    }),
  };
}

/** An image without a digest may be another one tomorrow, so it is known by what is in it, as stages are. */
function imageBase(reference: string, platform: string): ContainerBase {
  if (reference.includes("@")) return { kind: "image", reference, platform };
  const text = `FROM --platform=${platform} ${reference}`;
  const stage = { name: undefined, instruction: { start: 0, end: text.length } };
  const parsed = { text, directives: [], continuation: "\\", stages: [stage], images: [] } as const;
  return { kind: "stage", platform, containerfile: tellContents(parsed).text };
}
