// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { OciDigest } from "../../remote/descriptor.ts";
import { type AnnotatedPack, annotatedPack } from "../../remote/format/annotations.ts";
import { partTag } from "../../remote/format/pack.ts";
import type { ManifestOptions, Remote } from "../../remote/remote.ts";
import type { FoundPack } from "../share/find-pack.ts";
import type { PlacedUnit } from "../share/pack-parts.ts";
import { readContent, readTagged } from "./tagged.ts";

/** A pack with all of its parts. */
export interface WholePack extends Pick<AnnotatedPack, "id" | "scope"> {
  readonly tag: string;
  readonly parts: readonly FoundPack[];
  /** Of the parts' manifests, the first one's first. */
  readonly digests: readonly OciDigest[];
  readonly placed: readonly PlacedUnit[];
}

/** Reads a pack by the tag of its first part; undefined if there is none. Throws as the remote does, and "corrupt". */
export async function readWholePack(
  remote: Remote,
  tag: string,
  options: ManifestOptions = {},
): Promise<WholePack | undefined> {
  const first = await readTagged(remote, tag, options);
  if (first === undefined || first.kind !== "pack") return undefined;
  const said = annotatedPack(first.manifest.annotations);
  if (said === undefined) {
    throw new GreenError("corrupt", `The pack "${tag}" of "${remote.name}" does not say what it is for`);
  }
  const rest = Array.from({ length: said.parts - 1 }, (_, at) => partTag(tag, at + 2));
  const others = await Promise.all(rest.map((each) => readTagged(remote, each, options)));
  const all = [first, ...others.filter((part) => part?.kind === "pack")].filter((part) => part !== undefined);
  const parts = await Promise.all(all.map((part) => readContent(remote, part, options)));
  return {
    ...{ id: said.id, scope: said.scope, tag, parts },
    digests: all.map(({ stored }) => stored.descriptor.digest),
    placed: parts.flatMap(({ units, layers }) =>
      units.map((unit) => ({ unit, layer: unit.layer === undefined ? undefined : layers[unit.layer] })),
    ),
  };
}
