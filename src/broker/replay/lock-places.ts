// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";

export interface LockQuestion {
  /** `cargo -V` */
  readonly cargo: string;
  /** Directory of final artifacts. */
  readonly artifacts: string;
  /** The build directory, often the same. */
  readonly build: string;
  /** `debug`, `<triple>/release`, the host's first. */
  readonly profiles: readonly string[];
}

/** Cargo 1.95 has one lock; 1.97 takes that one as a shared lock, and this one in the build directory before it. */
const HAS_BUILD_LOCK = 96;

/**
 * The files that Cargo locks while it builds, in the order in which it takes them: who takes several in another order
 * may wait for ever. Seen with strace on cargo 1.95 and 1.97-nightly, whose `.cargo-artifact-lock` is not needed by
 * whoever has the others.
 */
export function lockPlaces({ cargo, artifacts, build, profiles }: LockQuestion): readonly string[] {
  const minor = Number(/^cargo 1\.(\d+)\./.exec(cargo)?.[1] ?? 0);
  return profiles.flatMap((profile) => {
    const locks = [
      ...(minor >= HAS_BUILD_LOCK ? [join(build, profile, ".cargo-build-lock")] : []),
      join(artifacts, profile, ".cargo-lock"),
    ];
    const isApart = minor < HAS_BUILD_LOCK && build !== artifacts;
    return isApart ? [...locks, join(build, profile, ".cargo-lock")] : locks;
  });
}
