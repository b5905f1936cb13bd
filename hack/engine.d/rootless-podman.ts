// SPDX-License-Identifier: MIT OR Apache-2.0
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf } from "./environment.ts";
import { writePodmanHome } from "./podman.ts";
import { end, identityOf } from "./process-identity.ts";
import { writeScript } from "./script.ts";

/** Ids that nobody is given, of the user and of those that are root's and others' in its containers. */
const USER = { name: "builder", id: 64_998, firstSubordinate: 2_000_000_000, subordinates: 65_536 };

/** Where that user finds what lies where it may not go. Nobody else sees it there. */
const PLACES = { podman: "/mnt/podman", runc: "/mnt/runc", home: "/mnt/home" };

/**
 * Users and the ids that are theirs are added to the machine's own, and settings of its podman, which its user may not
 * even read, are hidden: for this process alone.
 */
const BECOME_USER = `set -e
mount --make-rshared /
mount -t overlay -o "lowerdir=$1:/etc" overlay /etc
[ ! -d /etc/containers ] || mount -t tmpfs -o mode=755 tmpfs /etc/containers
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir ${PLACES.podman} ${PLACES.runc} ${PLACES.home}
mount --bind "$2" ${PLACES.podman}
mount --bind "$3" ${PLACES.runc}
mount --bind "$4" ${PLACES.home}
shift 4
export HOME=${PLACES.home} XDG_RUNTIME_DIR=${PLACES.home}/run PATH="${PLACES.home}/bin:$PATH"
exec setpriv --reuid=${USER.id} --regid=${USER.id} --clear-groups "$@"`;

/** Where all of it is, below the directory of what runs. */
export function rootlessPodman(directory: string): string {
  return join(directory, "rootless-podman");
}

/**
 * Writes a program that runs its arguments as an ordinary user who has a `podman` in the PATH, and returns its path.
 * Needs root.
 */
export function writeRootlessPodman(directory: string, registry: string, env: NodeJS.ProcessEnv): string {
  const etc = join(directory, "etc");
  const home = join(directory, "home");
  mkdirSync(etc, { recursive: true });
  const passwd = `${USER.name}:x:${USER.id}:${USER.id}::${PLACES.home}:/bin/sh\n`;
  writeFileSync(join(etc, "passwd"), readFileSync("/etc/passwd", "utf8") + passwd);
  for (const name of ["subuid", "subgid"])
    writeFileSync(join(etc, name), `${USER.name}:${USER.firstSubordinate}:${USER.subordinates}\n`);
  writePodmanHome(home, PLACES, registry);
  for (const name of ["", ...readdirSync(home, { recursive: true, encoding: "utf8" })])
    chownSync(join(home, name), USER.id, USER.id);
  const places = [etc, homeOf("podman", env), homeOf("runc", env), home].map((path) => `"${path}"`);
  return writeScript(
    join(directory, "as-user"),
    `exec unshare --mount /bin/sh -c '${BECOME_USER}' as-user ${places.join(" ")} "$@"`,
  );
}

/**
 * Ends the process that podman leaves to keep its user's namespace, and with that all that is mounted there: what is in
 * memory would stay there. `directory` is as above.
 */
export async function endRootlessPodman(directory: string): Promise<void> {
  try {
    const pid = Number.parseInt(readFileSync(join(directory, "home/run/state/pause.pid"), "utf8"), 10);
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    if (command.startsWith(`${PLACES.podman}/`)) await end(identityOf(pid));
  } catch {
    // It was never run, or has ended.
  }
}
