// SPDX-License-Identifier: MIT OR Apache-2.0
// The programs that tests of remotes run against: what they are, and where they come from.
import type { Catalogue } from "../lib/install/program.ts";

export type ProgramName =
  | "docker-registry"
  | "registry"
  | "crane"
  | "oras"
  | "skopeo"
  | "regctl"
  | "versitygw";

export const PROGRAMS: Catalogue<ProgramName> = {
  "docker-registry": {
    title: "CNCF distribution 2.8",
    source: { from: "debian", packages: ["docker-registry"] },
    check: ["--version"],
    shows: /\b2\.8\./,
  },
  skopeo: {
    title: "skopeo",
    source: {
      from: "debian",
      packages: ["skopeo"],
      libraries: ["libgpgme11", "libassuan0", "libgpg-error0", "libdevmapper1.02.1"],
    },
    check: ["--version"],
  },
  crane: {
    title: "crane, and its registry",
    source: {
      from: "go",
      package: "github.com/google/go-containerregistry/cmd/crane",
      version: "v0.22.1",
    },
    check: ["version"],
  },
  oras: {
    title: "oras",
    source: { from: "go", package: "oras.land/oras/cmd/oras", version: "v1.3.6" },
    check: ["version"],
  },
  regctl: {
    title: "regctl",
    source: { from: "go", package: "github.com/regclient/regclient/cmd/regctl", version: "v0.11.7" },
    check: ["version"],
  },
  registry: {
    title: "CNCF distribution 3",
    source: {
      from: "go",
      package: "github.com/distribution/distribution/v3/cmd/registry",
      version: "v3.1.2",
    },
    check: ["--version"],
  },
  versitygw: {
    title: "Versity S3 gateway",
    source: { from: "go", package: "github.com/versity/versitygw/cmd/versitygw", version: "v1.8.0" },
    check: ["--version"],
  },
};

/** In the order in which they are installed: the quick ones first. */
export const PROGRAM_NAMES = Object.keys(PROGRAMS) as readonly ProgramName[];

export function isProgram(name: string): name is ProgramName {
  return Object.hasOwn(PROGRAMS, name);
}
