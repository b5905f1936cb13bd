// SPDX-License-Identifier: MIT OR Apache-2.0

/** A docker engine, as far as we need it besides its BuildKit. */
export interface DockerEngine {
  /** As a user knows it: `docker`, `ssh://me@host`. */
  readonly name: string;
  /** Throws GreenError as `BuilderEndpoint.dial` does. */
  version(signal?: AbortSignal): Promise<EngineVersion>;
  /** An image that the engine has; undefined if it has none of this name. Nothing is pulled. */
  image(reference: string, signal?: AbortSignal): Promise<EngineImage | undefined>;
  /** Ends what was started to reach it. */
  close(): Promise<void>;
}

export interface EngineVersion {
  /** Of the engine: `28.5.1`. */
  readonly version: string;
  /** `1.51` */
  readonly api: string;
  /** Where its containers run: `linux/amd64`. */
  readonly platform: string;
}

/** An image as the engine has it. */
export interface EngineImage {
  /** `sha256:…`: what the engine itself calls it by; of a manifest with the containerd image store, else of a configuration. */
  readonly id: string;
  /** `name@sha256:…` by which registries have it; none for what was built here (without the containerd image store). */
  readonly repoDigests: readonly string[];
  /** `linux/amd64` */
  readonly platform: string;
  readonly config: ImageConfig;
}

/** What containers of an image start with, unless told otherwise. */
export interface ImageConfig {
  /** `NAME=value` */
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly labels: Readonly<Record<string, string>>;
}
