// SPDX-License-Identifier: MIT OR Apache-2.0
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { debianMirror } from "../../lib/install/apt-release.ts";
import { readJson, writeJson } from "../json-file.ts";
import { makeDebianLayer } from "./debian-layer.ts";
import { LayoutWriter } from "./layout.ts";
import type { Recipe } from "./recipe.ts";
import { CARGO_HOME, RUSTUP_HOME, toolchainLayer } from "./toolchain-layer.ts";

/** An image with the local toolchain, laid out as the official images of Rust are. */
export interface BaseImage {
  /** As engines know it: `NAME:TAG`. */
  readonly name: string;
  /** Of its manifest. */
  readonly digest: string;
  /** Directory with an OCI layout that holds it alone. */
  readonly layout: string;
  /** Of its rustc, as `1.95.0`. */
  readonly rustc: string;
}

export const BASE_IMAGE_REPOSITORY = "cargo-green-test/rust";

const INFO = "image.json";

/** The image, if it was made already: below `directory`, one is kept for each recipe. */
export function findBaseImage(recipe: Recipe, directory: string): BaseImage | undefined {
  return readJson<BaseImage>(join(directory, recipe.key, INFO));
}

/**
 * Makes it: half a minute. Those of other recipes are removed. Needs root; `env` is that of a process that finds
 * `mmdebstrap`. Throws with what went wrong.
 */
export async function makeBaseImage(
  recipe: Recipe,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<BaseImage> {
  mkdirSync(directory, { recursive: true });
  const work = mkdtempSync(join(directory, ".new-"));
  try {
    const layout = new LayoutWriter(join(work, "layout"));
    const mirror = await debianMirror(work, env);
    const debian = await makeDebianLayer(recipe, { directory: work, mirror, env });
    const layers = [
      await layout.addLayer(`mmdebstrap ${recipe.suite}`, createReadStream(debian)),
      await layout.addLayer(`rustup ${recipe.toolchain}`, toolchainLayer(recipe)),
    ];
    const digest = layout.finish(recipe.version, layers, imageConfig(recipe));
    const final = join(directory, recipe.key);
    const image: BaseImage = {
      name: `${BASE_IMAGE_REPOSITORY}:${recipe.version}`,
      digest,
      layout: join(final, "layout"),
      rustc: recipe.version,
    };
    rmSync(debian);
    writeJson(join(work, INFO), image);
    for (const other of readdirSync(directory).filter((name) => !name.startsWith(".new-")))
      rmSync(join(directory, other), { recursive: true });
    renameSync(work, final);
    return image;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md */
function imageConfig({ version }: Recipe): object {
  const folders = `${CARGO_HOME}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  return {
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: {
      Env: [
        ...[`PATH=${folders}`, `RUSTUP_HOME=${RUSTUP_HOME}`],
        ...[`CARGO_HOME=${CARGO_HOME}`, `RUST_VERSION=${version}`],
      ],
      Cmd: ["bash"],
    },
  };
}
