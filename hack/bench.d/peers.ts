// SPDX-License-Identifier: MIT OR Apache-2.0
// Other caches that cargo-green is compared with: where they are, and how to get them.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import { TOOL_NAMES, type ToolName } from "./tools.ts";

export type PeerName = Extract<ToolName, "sccache" | "kache" | "mbx">;

interface Peer {
  readonly version: string;
  /** Of `cargo install`; the first that works is taken. */
  readonly attempts: readonly (readonly string[])[];
}

/** Crates of the same names. */
export const PEERS: Readonly<Record<PeerName, Peer>> = {
  // Its remotes are features: of those, only the bucket is measured.
  sccache: { version: "0.19.0", attempts: [["--locked", "--no-default-features", "--features", "s3"]] },
  // A registry mirror may not have all that it was locked to.
  kache: { version: "2.0.0", attempts: [["--locked"], []] },
  mbx: { version: "1.29.1", attempts: [["--locked"], []] },
};

export function isPeer(name: string): name is PeerName {
  return Object.hasOwn(PEERS, name);
}

/** `$XDG_CACHE_HOME/cargo-green-bench`, else below `~/.cache`: kept from one benchmark to the next. */
export function benchDirectory(env: NodeJS.ProcessEnv): string {
  const xdg = env["XDG_CACHE_HOME"];
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(env["HOME"] ?? homedir(), ".cache");
  return join(base, "cargo-green-bench");
}

/** The executable of a peer: one that was installed for the benchmark, else the one on PATH. */
export function findPeer(name: PeerName, env: NodeJS.ProcessEnv): string | undefined {
  const directories = [
    join(benchDirectory(env), "peers", "bin"),
    ...(env["PATH"] ?? "").split(delimiter).filter(isAbsolute),
  ];
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

/** Those of these tools that can be run here. */
export function availableTools(wanted: readonly ToolName[], env: NodeJS.ProcessEnv): readonly ToolName[] {
  return TOOL_NAMES.filter((name) => wanted.includes(name)).filter(
    (name) => !isPeer(name) || findPeer(name, env) !== undefined,
  );
}

/** Installs what is not there yet, by cargo; takes minutes. Returns the names of those that could not be. */
export function installPeers(env: NodeJS.ProcessEnv, say: (line: string) => void): readonly PeerName[] {
  const root = join(benchDirectory(env), "peers");
  mkdirSync(root, { recursive: true });
  return Object.entries(PEERS)
    .filter(([name, peer]) => !install(name, peer, root, env, say))
    .map(([name]) => name)
    .filter(isPeer);
}

function install(
  name: string,
  { version, attempts }: Peer,
  root: string,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): boolean {
  return attempts.some((flags) => {
    const target = join(root, "target");
    const args = ["install", ...flags, "--root", root, "--target-dir", target, `${name}@${version}`];
    say(`cargo ${args.join(" ")}`);
    return spawnSync("cargo", args, { cwd: root, env, stdio: "inherit" }).status === 0;
  });
}
