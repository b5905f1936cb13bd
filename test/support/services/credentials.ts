// SPDX-License-Identifier: MIT OR Apache-2.0

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Of all registries that ask for some. The password is one that a leak test can search for. */
export const REGISTRY_CREDENTIALS: Credentials = {
  username: "green-robot",
  password: "Wm4-secret-of-the-registry",
};

/** The same as a line of a `htpasswd` file; only bcrypt is understood (here with the lowest cost). */
export const REGISTRY_HTPASSWD = "green-robot:$2a$04$.k1qtjAljFUSgl.tIOavTe8pcBtbZwwAIZBDFK7R1t0FYNxdmUmje";

/** Of buckets. */
export const S3_CREDENTIALS = {
  accessKeyId: "GREENTESTACCESSKEY",
  secretAccessKey: "Wm4-secret-of-the-bucket",
} as const;
