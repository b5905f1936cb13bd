// SPDX-License-Identifier: MIT OR Apache-2.0
import type { EnginePlace } from "../../engine/engine-place.ts";
import type { StreamAddress } from "../../stream/stream-address.ts";

/** Which builder is meant. Plain data: safe to compare and to print. */
export interface BuilderPlace {
  /** What it is chosen by: `mine`, `default`, or an address. */
  readonly name: string;
  /** As messages call it: `buildx builder mine`, `docker context far`, `ssh://me@host`. */
  readonly title: string;
  /** Who knows of it; an address is known by itself. */
  readonly source: "settings" | "buildx" | "context" | "address";
  /** What said that it is to be used: `BUILDKIT_HOST`, `/home/me/.cargo/green.toml:3`, `default`; empty: nothing did. */
  readonly from: string;
  readonly at: BuilderAt;
}

/** How a builder is reached; `driver` is what `docker buildx` calls it. */
export type BuilderAt =
  /** The BuildKit inside of a docker engine. */
  | { readonly driver: "docker"; readonly engine: EnginePlace }
  /** A buildkitd in a container of a docker engine. */
  | { readonly driver: "docker-container"; readonly container: string; readonly engine: EnginePlace }
  /** A buildkitd that listens somewhere. */
  | { readonly driver: "remote"; readonly address: StreamAddress }
  /** One that is known and cannot be used from here. */
  | { readonly driver: "unsupported"; readonly what: string; readonly endpoint: string };
