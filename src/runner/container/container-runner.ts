// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerUnit } from "../../containerfile/container-unit.ts";
import type { UnitSolved } from "./builder-event.ts";

/** What builds units in containers: a BuildKit, or podman. */
export interface ContainerRunner {
  readonly kind: "buildkit" | "podman";
  /**
   * Runs a unit, or has its result from the builder's own cache.
   *
   * Throws GreenError with the builder's name as `side`: "unreachable" and retryable if the builder went away or was
   * restarted, "refused" if it will not (no such image, its disk is full), "denied" if it does not let us; and the
   * signal's reason once that fires, when nothing of the unit runs on the builder any more.
   */
  run(unit: ContainerUnit, options: ContainerRunOptions): Promise<ContainerRun>;
  /** Ends the connection and what still runs. */
  close(): Promise<void>;
}

/**
 * Told of a file of the unit while its bytes are in memory, which is until this returns: what is to be found out about it
 * needs not read it again. By its path in the unit's directory; once more if it comes once more. Without bytes, what was
 * told of it before does not count. A runner that never has a file's bytes in memory tells nothing.
 */
export type Arrived = (path: string, bytes: Buffer | undefined) => void;

export interface ContainerRunOptions {
  /** An empty directory of this machine, for the unit's own files (`OUTPUT.files`); it is filled when this returns. */
  readonly into: string;
  readonly signal: AbortSignal;
  readonly arrived?: Arrived | undefined;
  /** Told what it took when it was run, by builders that can tell; for a trace. */
  readonly observe?: ((event: UnitSolved) => void) | undefined;
  /** What the base is known to contain: a result that the builder has of another one does not count. */
  readonly contents?: string | undefined;
}

/** How a unit's program ended, whatever its status. */
export interface ContainerRun {
  /** 0 to 255; 128 and the signal's number for who was killed. */
  readonly status: number;
  /** Byte for byte. */
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** True if nothing was run for it: the builder had the result. */
  readonly cached: boolean;
  /** Of a base that a Containerfile makes: what it contained when this was made, as it said; undefined if it did not. */
  readonly contents: string | undefined;
}
