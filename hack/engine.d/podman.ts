// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environmentWith, rootOf } from "./environment.ts";
import { writeScript } from "./script.ts";

/** Writes a `podman` into `directory` that keeps its storage and its settings there, and returns its path. */
export function writePodman(directory: string, registry: string, env: NodeJS.ProcessEnv): string {
  const root = rootOf("podman", env);
  const file = (name: string) => join(directory, name);
  mkdirSync(file("home/.config/containers"), { recursive: true });
  const policy = { default: [{ type: "insecureAcceptAnything" }] };
  writeFileSync(file("home/.config/containers/policy.json"), JSON.stringify(policy));
  writeFileSync(file("registries.conf"), registries(registry));
  writeFileSync(file("storage.conf"), storage(file("storage"), file("runtime")));
  writeFileSync(file("containers.conf"), containers(root, file("state"), rootOf("runc", env)));
  const { PATH, LD_LIBRARY_PATH } = environmentWith(["runc", "podman"], env);
  return writeScript(
    file("podman"),
    `PATH="${PATH}:$PATH" LD_LIBRARY_PATH="${LD_LIBRARY_PATH}" HOME="${file("home")}"
CONTAINERS_CONF="${file("containers.conf")}" CONTAINERS_STORAGE_CONF="${file("storage.conf")}"
CONTAINERS_REGISTRIES_CONF="${file("registries.conf")}"
export PATH LD_LIBRARY_PATH HOME CONTAINERS_CONF CONTAINERS_STORAGE_CONF CONTAINERS_REGISTRIES_CONF
unset XDG_CONFIG_HOME XDG_DATA_HOME
exec "${root}/usr/bin/podman" "$@"`,
  );
}

/** https://github.com/containers/image/blob/v5.23.1/docs/containers-registries.conf.5.md */
function registries(registry: string): string {
  return `unqualified-search-registries = []
short-name-mode = "permissive"

[[registry]]
location = "${registry}"
insecure = true
`;
}

/** https://github.com/containers/storage/blob/v1.43.0/docs/containers-storage.conf.5.md */
function storage(graphRoot: string, runRoot: string): string {
  return `[storage]
driver = "overlay"
graphroot = "${graphRoot}"
runroot = "${runRoot}"
`;
}

/** https://github.com/containers/common/blob/v0.50.1/docs/containers.conf.5.md */
function containers(root: string, state: string, runc: string): string {
  return `[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
# crun refuses machines on which both versions of cgroups are mounted.
runtime = "runc"
helper_binaries_dir = ["${root}/usr/lib/podman", "${root}/usr/libexec/podman"]
conmon_path = ["${root}/usr/bin/conmon"]
network_cmd_path = "${root}/usr/bin/slirp4netns"
tmp_dir = "${state}"

[engine.runtimes]
runc = ["${runc}/usr/sbin/runc"]

[containers]
seccomp_profile = "${root}/usr/share/containers/seccomp.json"

[network]
network_backend = "netavark"
network_config_dir = "${state}/networks"
`;
}
