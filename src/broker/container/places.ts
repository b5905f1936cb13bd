// SPDX-License-Identifier: MIT OR Apache-2.0
import { expandText, normaliseText, type PathRoots, type RootName } from "../../cargo/roots.ts";
import { CONTAINER_PLACES, OUTPUT } from "../../containerfile/container-unit.ts";
import { expandBytes, expandDepInfo, normaliseBytes, normaliseDepInfo } from "../bytes-text.ts";
import type { UnitToRun } from "../unit-runner.ts";
import type { UnitImage } from "./image.ts";

/**
 * Where a unit is run. `neutral`: things are where they are for everybody, so that it is the same unit whoever builds
 * it. `here`: they are where this machine has them, for units whose results say where that is.
 */
export type Placement = "neutral" | "here";

/**
 * Where a compilation has things in a neutral place. Not where `--remap-path-prefix` has them end up
 * (CONTAINER_PLACES): so what names one of these in the compiler's output was told by a variable
 * (`env!("CARGO_MANIFEST_DIR")`) or by a macro, and would be another path on this machine.
 */
export const COMPILATION_PLACES = {
  cargoHome: "/green/cargo",
  target: "/green/target",
  workspace: "/green/work",
} as const;

/** One place of this machine, and the same in the container. */
interface Place {
  readonly name: RootName;
  readonly here: string;
  readonly there: string;
}

/** Where the things of one unit are, on this machine and in its container. Paths and texts are UTF-8. */
export class Places {
  readonly placement: Placement;
  /** Whole directories of the container that only this kind of it has. */
  readonly telling: PathRoots;
  /** Where the unit's package, target directory and CARGO_HOME are. */
  readonly #here: PathRoots;
  readonly #there: PathRoots;
  /** The same with the unit's outputs, for what it writes. */
  readonly #writtenHere: PathRoots;
  readonly #writtenThere: PathRoots;

  constructor(
    unit: Pick<UnitToRun, "roots" | "isRustc" | "place">,
    image: Pick<UnitImage, "sysroot">,
    placement: Placement,
  ) {
    const moved = movedPlaces(unit, placement);
    const all = [...moved, ...sysroots(unit.roots, image.sysroot)];
    const outputs: Place = { name: "OUT_DIR", here: unit.place, there: OUTPUT.files };
    this.placement = placement;
    this.telling = placement === "neutral" ? side(moved, "there") : { roots: [] };
    this.#here = side(all, "here");
    this.#there = side(all, "there");
    this.#writtenHere = side([...all, outputs], "here");
    this.#writtenThere = side([...all, outputs], "there");
  }

  /** A path, argument or value of this machine, as the unit gets it. */
  toContainer(text: string): string {
    return expandText(normaliseText(text, this.#here), this.#there);
  }

  /** What a unit printed, as it would have on this machine. */
  fromContainer(bytes: Buffer): Buffer {
    return expandBytes(normaliseBytes(bytes, this.#writtenThere), this.#writtenHere);
  }

  /** The same of rustc's dep-info. */
  depInfoFromContainer(bytes: Buffer): Buffer {
    return expandDepInfo(normaliseDepInfo(bytes, this.#writtenThere), this.#writtenHere);
  }

  /** All moved places as they are on this machine, with where that is in the container. */
  get moved(): readonly { readonly here: string; readonly there: string }[] {
    return this.#here.roots.flatMap(({ name, path }) => {
      const there = this.#there.roots.find((root) => root.name === name)?.path;
      return there === undefined || name === "SYSROOT" ? [] : [{ here: path, there }];
    });
  }
}

function movedPlaces(
  { roots, isRustc }: Pick<UnitToRun, "roots" | "isRustc">,
  placement: Placement,
): Place[] {
  const { cargoHome, target, workspace } = isRustc ? COMPILATION_PLACES : CONTAINER_PLACES;
  const neutral = { CARGO_HOME: cargoHome, TARGET: target, WORKSPACE: workspace, PACKAGE: workspace };
  return roots.roots.flatMap(({ name, path }): Place[] => {
    if (name !== "CARGO_HOME" && name !== "TARGET" && name !== "WORKSPACE" && name !== "PACKAGE") return [];
    return [{ name, here: path, there: placement === "neutral" ? neutral[name] : path }];
  });
}

/** Directories that every system has: what lies below is not a toolchain's alone. */
const SHARED = new Set(["/usr", "/usr/local"]);

function sysroots({ roots }: PathRoots, there: string): Place[] {
  const here = roots.find(({ name }) => name === "SYSROOT")?.path;
  if (here === undefined || SHARED.has(here) || SHARED.has(there)) return [];
  return [{ name: "SYSROOT", here, there }];
}

/** Longer paths first, as they are tried in this order. */
function side(places: readonly Place[], which: "here" | "there"): PathRoots {
  const roots = places.map((place) => ({ name: place.name, path: place[which] }));
  return { roots: roots.sort((a, b) => b.path.length - a.path.length) };
}
