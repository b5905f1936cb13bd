// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf } from "./environment.ts";
import { writeScript } from "./script.ts";

/** Where things are, as a process sees them that runs podman. */
export interface PodmanPlaces {
  /** What was unpacked of podman, and of runc. */
  readonly podman: string;
  readonly runc: string;
  /** Of its settings and all of its data. */
  readonly home: string;
}

/** Writes a `podman` that keeps its data and its settings in `directory`, and returns its path. */
export function writePodman(directory: string, registry: string, env: NodeJS.ProcessEnv): string {
  const places = { podman: homeOf("podman", env), runc: homeOf("runc", env), home: directory };
  return writePodmanHome(directory, places, registry);
}

/** The same, where `directory` is `places.home` for whoever runs it. */
export function writePodmanHome(directory: string, places: PodmanPlaces, registry: string): string {
  const file = (name: string) => join(directory, name);
  const { home, podman, runc } = places;
  mkdirSync(file(".config/containers"), { recursive: true });
  mkdirSync(file("run"));
  chmodSync(file("run"), 0o700);
  const policy = { default: [{ type: "insecureAcceptAnything" }] };
  writeFileSync(file(".config/containers/policy.json"), JSON.stringify(policy));
  writeFileSync(file("registries.conf"), registriesSettings(registry));
  writeFileSync(file("storage.conf"), storageSettings(home));
  writeFileSync(file("containers.conf"), engineSettings(places));
  return writeScript(
    file("bin/podman"),
    `HOME="${home}" XDG_RUNTIME_DIR="${home}/run" PATH="${podman}/root/usr/bin:${runc}/root/usr/sbin:$PATH"
CONTAINERS_CONF="${home}/containers.conf" CONTAINERS_STORAGE_CONF="${home}/storage.conf"
CONTAINERS_REGISTRIES_CONF="${home}/registries.conf"
export HOME XDG_RUNTIME_DIR PATH CONTAINERS_CONF CONTAINERS_STORAGE_CONF CONTAINERS_REGISTRIES_CONF
unset XDG_CONFIG_HOME XDG_DATA_HOME
exec "${podman}/bin/podman" "$@"`,
  );
}

/** https://github.com/containers/image/blob/v5.23.1/docs/containers-registries.conf.5.md */
function registriesSettings(registry: string): string {
  return `unqualified-search-registries = []
short-name-mode = "permissive"

[[registry]]
location = "${registry}"
insecure = true
`;
}

/** https://github.com/containers/storage/blob/v1.43.0/docs/containers-storage.conf.5.md */
function storageSettings(home: string): string {
  return `[storage]
driver = "overlay"
graphroot = "${home}/storage"
rootless_storage_path = "${home}/storage"
runroot = "${home}/run/storage"
`;
}

/** https://github.com/containers/common/blob/v0.50.1/docs/containers.conf.5.md */
function engineSettings({ podman, runc, home }: PodmanPlaces): string {
  const root = `${podman}/root`;
  return `[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
# crun refuses machines on which both versions of cgroups are mounted.
runtime = "runc"
helper_binaries_dir = ["${root}/usr/lib/podman", "${root}/usr/libexec/podman"]
conmon_path = ["${root}/usr/bin/conmon"]
network_cmd_path = "${root}/usr/bin/slirp4netns"
tmp_dir = "${home}/run/state"

[engine.runtimes]
runc = ["${runc}/root/usr/sbin/runc"]

[containers]
seccomp_profile = "${root}/usr/share/containers/seccomp.json"

[network]
network_backend = "netavark"
network_config_dir = "${home}/networks"
`;
}
