// SPDX-License-Identifier: MIT OR Apache-2.0

/** Thrown by readers of containers for bytes that they do not understand, or that hold too much: nothing else is. */
export class Unsearchable extends Error {}
