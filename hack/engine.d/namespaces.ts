// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Runs the command with a /run of its own, in which the names that all engines use are free; /etc/resolv.conf, which
 * may lead there, stays. As the first process of its namespace it also waits for what others left behind.
 */
const OWN_RUN = `resolver=$(readlink -f /etc/resolv.conf)
servers=$(cat "$resolver")
mount -t tmpfs -o mode=755 tmpfs /run
[ -e "$resolver" ] || { mkdir -p "\${resolver%/*}" && printf '%s\\n' "$servers" >"$resolver"; }
[ -z "$1" ] || mount -t tmpfs -o "size=$2" tmpfs "$1"
shift 2
"$@" &
wait`;

export interface Isolation {
  /** Name of the network namespace, as `ip netns` knows it. Default: the one of whoever starts it. */
  readonly network?: string;
  /** A directory that becomes a disk of its own, in memory. */
  readonly disk?: { readonly directory: string; readonly bytes: number } | undefined;
}

/**
 * The command that runs a daemon with all that it ever starts in namespaces of processes, mounts and host names.
 * When it is killed, all of that ends, containers and mounts too. Needs root.
 */
export function isolated(argv: readonly string[], { network, disk }: Isolation = {}): readonly string[] {
  return [
    ...(network === undefined ? [] : ["nsenter", `--net=/run/netns/${network}`]),
    ...["unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc"],
    ...["/bin/sh", "-c", OWN_RUN, "engine", disk?.directory ?? "", String(disk?.bytes ?? 0)],
    ...argv,
  ];
}
