// SPDX-License-Identifier: MIT OR Apache-2.0
// What can be started, and the programs that it takes.
import type { EngineProgramName } from "./programs.ts";

export type EngineName = "docker" | "buildkit" | "podman" | "ssh";

export interface Engine {
  readonly title: string;
  readonly programs: readonly EngineProgramName[];
}

export const ENGINES: Readonly<Record<EngineName, Engine>> = {
  docker: {
    title: "docker engine, on a unix socket and by TCP with TLS",
    programs: ["runc", "dockerd"],
  },
  podman: { title: "podman", programs: ["runc", "podman"] },
  ssh: {
    title: "another machine, with a docker engine and an SSH server",
    programs: ["runc", "iptables-nft", "dockerd", "sshd"],
  },
  buildkit: {
    title: "BuildKit's own daemon, on a unix socket and by TCP with mutual TLS",
    programs: ["runc", "buildkitd", "buildctl"],
  },
};

/** What is needed whichever is started. */
export const COMMON_PROGRAMS: readonly EngineProgramName[] = ["mmdebstrap", "nft"];

/** What tests in containers use beside engines, which start without. */
export const TEST_PROGRAMS: readonly EngineProgramName[] = ["rustc"];

/** In the order in which their programs are installed: the quick ones first. */
export const ENGINE_NAMES = Object.keys(ENGINES) as readonly EngineName[];

export function isEngine(name: string): name is EngineName {
  return Object.hasOwn(ENGINES, name);
}
