// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** https://go.dev/doc/install/source#environment, for the processors that Rust's official images are made for. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  ...{ x86_64: "amd64", i686: "386", aarch64: "arm64", armv7: "arm/v7" },
  ...{ powerpc64le: "ppc64le", s390x: "s390x", riscv64gc: "riscv64" },
};

/**
 * The platform of images that run a host's programs: `linux/amd64` for `x86_64-unknown-linux-gnu`. Containers are of
 * Linux, whatever they are built on.
 * @throws GreenError "environment" for a host that there are no images for
 */
export function platformOf(host: string): string {
  const architecture = ARCHITECTURES[host.split("-")[0] ?? ""];
  if (architecture !== undefined) return `linux/${architecture}`;
  throw new GreenError("environment", `There are no images of Rust for ${host}`, {
    hint: 'set `runner = "host"` to compile on this machine',
  });
}
