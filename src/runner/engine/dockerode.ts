// SPDX-License-Identifier: MIT OR Apache-2.0

/** A file of its own in the bundle: loaded by who asks an engine for more than a connection to its BuildKit. */
export { default as Dockerode } from "dockerode";
