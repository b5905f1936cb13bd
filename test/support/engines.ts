// SPDX-License-Identifier: MIT OR Apache-2.0
const { PATH = "", DOCKER_HOST, DOCKER_CONFIG = "" } = process.env;

/** What the `docker` command needs to reach an engine; undefined if the environment names none. */
export const docker = DOCKER_HOST === undefined ? undefined : { PATH, DOCKER_HOST, DOCKER_CONFIG };
