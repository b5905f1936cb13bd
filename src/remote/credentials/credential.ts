// SPDX-License-Identifier: MIT OR Apache-2.0

/** What logs in at a registry. Never to be printed, logged or put into an error. */
export type Credential =
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token: https://distribution.github.io/distribution/spec/auth/oauth/ */
  | { readonly kind: "identity-token"; readonly token: string }
  /** A bearer token that the registry itself takes. */
  | { readonly kind: "registry-token"; readonly token: string };

/** Finds what logs in at a host (with its port, if it has one) for a repository; undefined: there is nothing. */
export type CredentialProvider = (host: string, repository: string) => Promise<Credential | undefined>;
