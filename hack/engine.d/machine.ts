// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SshAccess } from "./access.ts";
import type { DaemonPlan } from "./daemon.ts";
import { DOCKER_SETTINGS } from "./docker.ts";
import { environmentWith, rootOf } from "./environment.ts";
import { isolated } from "./namespaces.ts";
import type { Network } from "./network.ts";
import { writeScript } from "./script.ts";
import { clientSettings, SSH_PORT, serverSettings, usersOf } from "./ssh-settings.ts";

export interface MachineOptions {
  readonly directory: string;
  readonly network: Network;
  /** The command of a registry that it has at the same address as this machine. */
  readonly registry: readonly string[];
}

const HOST = "builder";

/** What runs on it, until its engine ends. */
const BOOT = `set -e
hostname ${HOST}
mkdir /run/sshd /run/root
mount --bind "$1" /etc/passwd
shift
sshd=$1 sshd_config=$2 docker_config=$3
shift 3
"$@" &
"$sshd" -D -e -f "$sshd_config" &
dockerd --config-file "$docker_config"`;

/**
 * Another machine: it has a network, processes and a host name of its own, an SSH server, and a docker engine at the
 * usual place, whose CLI is in the PATH of sessions. Files are this machine's. Needs root.
 */
export function machineDaemon(options: MachineOptions, env: NodeJS.ProcessEnv): DaemonPlan {
  const { directory, network, registry } = options;
  mkdirSync(directory, { recursive: true });
  const file = (name: string) => join(directory, name);
  const own = environmentWith(["runc", "iptables-nft", "dockerd", "sshd"], env);
  for (const key of ["host_key", "identity"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", file(key)], {
      env: { ...own },
    });
  copyFileSync(file("identity.pub"), file("authorized_keys"));
  writeFileSync(file("known_hosts"), `${network.address} ${readFileSync(file("host_key.pub"), "utf8")}`);
  writeFileSync(file("passwd"), usersOf(readFileSync("/etc/passwd", "utf8")));
  const sessionPath = `${rootOf("dockerd", env)}/usr/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`;
  writeFileSync(file("sshd_config"), serverSettings(directory, network.address, sessionPath));
  const docker = { ...DOCKER_SETTINGS, "data-root": file("data"), hosts: ["unix:///run/docker.sock"] };
  writeFileSync(file("daemon.json"), JSON.stringify(docker));
  const iptables = writeIptables(file("bin"), rootOf("iptables-nft", env));
  const sshd = join(rootOf("sshd", env), "usr/sbin/sshd");
  return {
    argv: isolated(
      [
        ...["/bin/sh", "-c", BOOT, "boot", file("passwd"), sshd, file("sshd_config"), file("daemon.json")],
        ...registry,
      ],
      { network: network.name },
    ),
    env: { ...own, PATH: `${iptables}:${own.PATH}` },
    ready: (log) => log.includes("Server listening on") && log.includes("API listen on /run/docker.sock"),
  };
}

/** Writes what a client needs to get in, without anything of the user's `~/.ssh`. */
export function machineAccess({ directory, network }: MachineOptions, env: NodeJS.ProcessEnv): SshAccess {
  const file = (name: string) => join(directory, name);
  writeFileSync(file("ssh_config"), clientSettings(directory, HOST, network.address));
  const ssh = join(rootOf("sshd", env), "usr/bin/ssh");
  writeScript(file("client/ssh"), `exec "${ssh}" -F "${file("ssh_config")}" "$@"`);
  return {
    host: `ssh://${HOST}`,
    name: HOST,
    bin: file("client"),
    address: network.address,
    port: SSH_PORT,
    user: "root",
    identityFile: file("identity"),
    knownHostsFile: file("known_hosts"),
  };
}

/** Programs by the names that Debian's packages give them only when they are installed. */
function writeIptables(directory: string, root: string): string {
  for (const name of ["iptables", "ip6tables"])
    writeScript(
      join(directory, name),
      `for XTABLES_LIBDIR in "${root}"/usr/lib/*/xtables; do export XTABLES_LIBDIR; done
exec "${root}/usr/sbin/${name}-nft" "$@"`,
    );
  return directory;
}
