// SPDX-License-Identifier: MIT OR Apache-2.0
// The programs that engines consist of, and where they come from.
import type { Catalogue, DebianSource } from "../lib/install/program.ts";
import { SUITE } from "./image/recipe.ts";

export type EngineProgramName =
  | "mmdebstrap"
  | "runc"
  | "nft"
  | "iptables-nft"
  | "dockerd"
  | "sshd"
  | "podman"
  | "buildkitd"
  | "buildctl"
  | "rustc";

const BUILDKIT = "v0.34.2";

/** What `--version` shows, which else is `0.0.0+unknown`. */
const BUILDKIT_VARIABLES = { "github.com/moby/buildkit/version.Version": BUILDKIT };

const NETFILTER_LIBRARIES = [
  ...["libnftables1", "libnftnl11", "libmnl0", "libjansson4", "libxtables12", "libedit2", "libbsd0"],
  ...["libip4tc2", "libip6tc2", "libnetfilter-conntrack3", "libnfnetlink0"],
];

/** Of rustc and cargo: package → version. */
const LIBRARIES_OF_RUSTC = {
  libllvm14: "1:14.0.6-12",
  libedit2: "3.1-20221030-2",
  libbsd0: "0.11.7-2",
  "libz3-4": "4.8.12-3.1",
  libxml2: "2.9.14+dfsg-1.3~deb12u6",
  libicu72: "72.1-3+deb12u1",
  "libgit2-1.5": "1.5.1+ds-1+deb12u1",
  "libssh2-1": "1.10.0-3+b1",
  "libhttp-parser2.9": "2.9.4-5",
  libmbedcrypto7: "2.28.3-1",
  libmbedtls14: "2.28.3-1",
  "libmbedx509-1": "2.28.3-1",
};

export const ENGINE_PROGRAMS: Catalogue<EngineProgramName> = {
  mmdebstrap: {
    title: "mmdebstrap, which makes the base image",
    source: { from: "debian", packages: ["mmdebstrap"] },
    check: ["--version"],
  },
  runc: {
    title: "runc, which runs containers",
    source: { from: "debian", packages: ["runc"], libraries: ["libseccomp2"] },
    check: ["--version"],
  },
  nft: {
    title: "nftables, which lets containers out into the network",
    source: { from: "debian", packages: ["nftables"], libraries: NETFILTER_LIBRARIES },
    check: ["--version"],
  },
  "iptables-nft": {
    title: "iptables, which the docker engine of another machine sets up its network with",
    source: { from: "debian", packages: ["iptables"], libraries: NETFILTER_LIBRARIES },
    check: ["--version"],
  },
  dockerd: {
    title: "docker engine and its CLI",
    // The release that moves on has the newest; should it need a newer C library than the machine's, the stable one.
    source: dockerFrom("sid", {
      "docker.io": "28.5.2+dfsg4-5",
      "docker-cli": "28.5.2+dfsg4-5",
      containerd: "2.1.9+ds1-5",
      "docker-buildx": "0.29.1+ds1-4",
    }),
    otherwise: dockerFrom("trixie", {
      "docker.io": "26.1.5+dfsg1-9+deb13u1+b1",
      "docker-cli": "26.1.5+dfsg1-9+deb13u1+b1",
      containerd: "1.7.24~ds1-6+deb13u1",
      "docker-buildx": "0.13.1+ds1-3",
    }),
    check: ["--version"],
  },
  sshd: {
    title: "OpenSSH's server",
    source: { from: "debian", packages: ["openssh-server", "openssh-client"], libraries: ["libwrap0"] },
    check: ["-V"],
  },
  podman: {
    title: "podman",
    source: {
      from: "debian",
      packages: ["podman", "conmon", "netavark", "golang-github-containers-common"],
      libraries: [
        ...["fuse-overlayfs", "slirp4netns", "uidmap", "catatonit"],
        ...["libsubid4", "libgpgme11", "libassuan0", "libgpg-error0", "libdevmapper1.02.1"],
        ...["libfuse3-3", "libslirp0", "libglib2.0-0", "libseccomp2"],
      ],
    },
    check: ["--version"],
  },
  buildkitd: {
    title: "BuildKit's daemon",
    source: {
      from: "go",
      package: "github.com/moby/buildkit/cmd/buildkitd",
      version: BUILDKIT,
      asDependency: true,
      variables: BUILDKIT_VARIABLES,
    },
    check: ["--version"],
  },
  buildctl: {
    title: "BuildKit's client",
    source: {
      from: "go",
      package: "github.com/moby/buildkit/cmd/buildctl",
      version: BUILDKIT,
      asDependency: true,
      variables: BUILDKIT_VARIABLES,
    },
    check: ["--version"],
  },
  rustc: {
    title: "Debian's rustc and cargo, with the standard library for WebAssembly",
    // Of the base image's release, where they run too.
    source: {
      from: "debian",
      packages: [],
      newer: {
        release: SUITE,
        versions: {
          rustc: "1.63.0+dfsg1-2",
          cargo: "0.66.0+ds1-1",
          "libstd-rust-dev": "1.63.0+dfsg1-2",
          "libstd-rust-1.63": "1.63.0+dfsg1-2",
          "libstd-rust-dev-wasm32": "1.63.0+dfsg1-2",
          ...LIBRARIES_OF_RUSTC,
        },
      },
    },
    check: ["--version"],
  },
};

function dockerFrom(release: string, versions: Readonly<Record<string, string>>): DebianSource {
  // tini is docker-init: without, an engine starts no container that wants one.
  return { from: "debian", packages: ["tini"], libraries: ["libsystemd0"], newer: { release, versions } };
}
