// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RustcIdentity } from "../../cargo/toolchain.ts";
import type { Config } from "../../config/config.ts";
import { checkRustc } from "../../containerfile/base/check-rustc.ts";
import { type DigestOf, pinBase } from "../../containerfile/base/pin-base.ts";
import { type BasePlan, planBase } from "../../containerfile/base/plan-base.ts";
import { planCrossBase } from "../../containerfile/base/plan-cross-base.ts";
import { GreenError } from "../../error.ts";
import type { ContainerRunner } from "../../runner/container/container-runner.ts";
import type { UnitStore } from "../../store/store.ts";
import type { FoundCross } from "./cross-target.ts";
import { explainBase } from "./explain-base.ts";
import type { UnitImage } from "./image.ts";
import { learnImage } from "./learn-image.ts";
import { type BasePlace, rememberedImage, rememberImage } from "./remembered-image.ts";

export interface ImageRequest {
  readonly config: Config;
  readonly rustc: Pick<RustcIdentity, "release" | "host" | "commit">;
  /** Triples that are compiled for. */
  readonly targets: readonly string[];
  readonly cross: FoundCross | undefined;
  readonly builder: ContainerRunner;
  /** What remembers it. */
  readonly place: BasePlace;
  readonly digestOf: DigestOf;
  readonly store: Pick<UnitStore, "memo" | "remember">;
}

export interface FoundImage {
  readonly image: UnitImage;
  /** Asks it again, as it is known to have other contents by now. */
  learnAgain(this: void, contents: string): Promise<void>;
}

/** A builder that is sent a new base image takes its time: half an hour. */
const LEARN_MS = 30 * 60_000;

/**
 * The image that units start from. Our own settings of an image come before what `Cross.toml` says; what is to be added
 * is added to either. Standard libraries are added only if they are not in it.
 * @throws GreenError "config" if it has another compiler, or no standard library of a target and no rustup
 */
export async function findImage(request: ImageRequest): Promise<FoundImage> {
  const { config, rustc, targets, cross } = request;
  if (cross !== undefined && decidesBase(cross, config)) {
    const additions = { ...config, targets: [] };
    return learn(await planCrossBase(cross.target, rustc, cross.script, additions), request);
  }
  const found = await learn(await planBase(config, rustc, []), request);
  const missing = targets.filter((target) => !found.image.targets.includes(target));
  if (missing.length === 0) return found;
  if (!found.image.hasRustup) throw noStandardLibrary(missing);
  return learn(await planBase(config, rustc, missing), request);
}

function decidesBase({ target }: FoundCross, { baseImage, baseImageInline }: Config): boolean {
  const isSet = baseImage !== undefined || baseImageInline !== undefined;
  return !isSet && (target.image !== undefined || target.preBuild !== undefined);
}

async function learn(
  plan: BasePlan,
  { config, rustc, builder, place, digestOf, store }: ImageRequest,
): Promise<FoundImage> {
  const base = await pinBase(plan, config.registryMirrors, digestOf);
  const ask = (contents?: string) =>
    learnImage(base, builder, AbortSignal.timeout(LEARN_MS), contents).catch((thrown: unknown) => {
      throw explainBase(thrown);
    });
  const image = await rememberedImage(base, place, store, () => ask());
  checkRustc(rustc, { status: 0, stdout: Buffer.from(image.version) });
  return { image, learnAgain: async (contents) => rememberImage(await ask(contents), place, store) };
}

function noStandardLibrary(targets: readonly string[]): GreenError {
  const list = targets.join(", ");
  return new GreenError(
    "config",
    `The base image has no standard library for ${list}, and no rustup to add it`,
    {
      hint: "install it with `add.apt` or `base-image-inline` (Debian: libstd-rust-dev-wasm32, libstd-rust-dev:arm64)",
    },
  );
}
