// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ResolvedConfig } from "../config/resolve.ts";
import { formatOrigin } from "../config/source.ts";
import { scanToml } from "../config/toml-scan.ts";
import { formatImage, parseImage } from "../containerfile/base/image-reference.ts";
import { type DigestOf, pinImage } from "../containerfile/base/pin-base.ts";
import { GreenError } from "../error.ts";
import { type FileChange, readUserFile } from "./file-change.ts";
import { setTomlValue } from "./toml-edit.ts";

const KEY = "base-image";

/** What pinning comes to. */
export interface PinnedBaseImage {
  /** With its tag and its digest. */
  readonly image: string;
  readonly change: FileChange;
}

/**
 * Plans to write down which image the tag of `base-image` is now: where the setting stands, else in the workspace's
 * file, else in the user's. One that is pinned already is pinned to what its tag is now.
 * @param official the image that is used if none is set
 * @throws GreenError "config" for what cannot be pinned, "not-found" for an image that is not there
 */
export async function planPin(
  resolved: ResolvedConfig,
  official: () => Promise<string>,
  digestOf: DigestOf,
): Promise<PinnedBaseImage> {
  const { config, origins } = resolved;
  if (config.baseImageInline !== undefined && config.baseImage === undefined) {
    throw new GreenError("config", "The base image is made by `base-image-inline`, which has no tag to pin", {
      hint: "write digests into its `FROM` lines, or set `base-image`, which it goes on from if it has none",
    });
  }
  const { host, repository, tag } = parseImage(config.baseImage ?? (await official()));
  if (tag === undefined) {
    throw new GreenError("config", `\`base-image\` names no tag: ${config.baseImage}`, {
      hint: "it is pinned; write a tag before the @ to have that followed",
    });
  }
  const unpinned = formatImage({ host, repository, tag, digest: undefined });
  const image = await pinImage(unpinned, config.registryMirrors, digestOf);
  const origin = origins.get("baseImage") ?? { kind: "default" };
  if (origin.kind !== "file" && origin.kind !== "default") {
    throw new GreenError("config", `\`base-image\` is set by ${formatOrigin(origin)}, not in a file`, {
      hint: `set it to ${image}`,
    });
  }
  const path = origin.kind === "file" ? origin.path : fileFor(resolved);
  const before = readUserFile(path);
  const after = await setTomlValue(path, before ?? "", {
    path: origin.kind === "file" ? pathAt(before ?? "", origin.line) : [KEY],
    literal: JSON.stringify(image),
  });
  return { image, change: { path, before, after } };
}

function fileFor({ places }: ResolvedConfig): string {
  const path = places.workspaceFile ?? places.user;
  if (path !== undefined) return path;
  throw new GreenError("environment", "There is no file for settings: no workspace, no CARGO_HOME, no HOME", {
    hint: "set CARGO_HOME",
  });
}

/** Where in a file the setting is that stands on a line. */
function pathAt(text: string, line: number): readonly [string, ...string[]] {
  const entry = scanToml(text).find((each) => each.line === line && each.path.at(-1) === KEY);
  const [first = KEY, ...rest] = entry?.path ?? [];
  return [first, ...rest];
}
