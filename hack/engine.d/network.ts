// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { ProgramEnvironment } from "./environment.ts";

/** A bridge for containers, and another machine: nothing that another engine set up is touched. */
export interface Network {
  /** Of the bridge and of the other machine's network namespace. */
  readonly name: string;
  /** The first three numbers of all addresses. */
  readonly prefix: string;
  /** Of the other machine. */
  readonly address: string;
  /** Whether this machine forwarded packets before. */
  readonly forwarded: boolean;
}

/** Networks that may be there at the same time. */
const SLOTS = 8;

const FORWARDING = "/proc/sys/net/ipv4/ip_forward";

/** Makes a bridge whose name is free. Needs root, `ip`, and `nft` in the PATH of `env`. */
export function claimNetwork(env: ProgramEnvironment): Network {
  const forwarded = readFileSync(FORWARDING, "utf8").trim() === "1";
  for (let slot = 0; ; slot++) {
    const name = `green${slot}`;
    const prefix = `10.231.${slot}`;
    try {
      must("ip", ["link", "add", name, "type", "bridge"], env);
      return { name, prefix, address: `${prefix}.130`, forwarded };
    } catch (error) {
      if (slot === SLOTS - 1) throw error;
    }
  }
}

/** Gives the bridge and the other machine their addresses, and lets them out. */
export function setUpNetwork({ name, prefix, address }: Network, env: ProgramEnvironment): void {
  const ip = (...args: string[]) => must("ip", args, env);
  const peer = peerOf(name);
  ip("addr", "add", `${prefix}.1/25`, "dev", name);
  ip("link", "set", name, "up");
  ip("netns", "add", name);
  ip("link", "add", peer, "type", "veth", "peer", "name", "eth0", "netns", name);
  ip("addr", "add", `${prefix}.129/30`, "dev", peer);
  ip("link", "set", peer, "up");
  const inside = (...args: string[]) => ip("-n", name, ...args);
  inside("link", "set", "lo", "up");
  inside("addr", "add", `${address}/30`, "dev", "eth0");
  inside("link", "set", "eth0", "up");
  inside("route", "add", "default", "via", `${prefix}.129`);
  must("nft", [masquerade(name, prefix)], env);
  writeFileSync(FORWARDING, "1");
}

/** Takes away what is there of it: all, or less if it could not be set up or the machine was restarted. */
export function removeNetwork({ name, forwarded }: Network, env: ProgramEnvironment): void {
  attempt("nft", [`delete table ip ${tableOf(name)}`], env);
  attempt("ip", ["link", "delete", peerOf(name)], env);
  attempt("ip", ["netns", "delete", name], env);
  attempt("ip", ["link", "delete", name], env);
  const others = Object.keys(networkInterfaces()).some((other) => /^green\d+$/.test(other));
  if (!forwarded && !others) writeFileSync(FORWARDING, "0");
}

/** This machine's end of the cable to the other. */
function peerOf(name: string): string {
  return `${name}m`;
}

function tableOf(name: string): string {
  return `cargo_${name}`;
}

/** Lets what has no address of the outside reach it. */
function masquerade(name: string, prefix: string): string {
  return `table ip ${tableOf(name)} {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${prefix}.0/24 ip daddr != ${prefix}.0/24 masquerade
  }
}`;
}

function must(program: string, args: readonly string[], env: ProgramEnvironment): void {
  execFileSync(program, args, { env: { ...env }, stdio: "pipe" });
}

function attempt(program: string, args: readonly string[], env: ProgramEnvironment): void {
  spawnSync(program, args, { env: { ...env }, stdio: "ignore" });
}
