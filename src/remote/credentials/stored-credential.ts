// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Credential } from "./credential.ts";

/**
 * What an entry of `auths` holds; undefined for an empty one, as Docker leaves where a helper keeps the secret.
 * Throws "config", without repeating anything.
 */
export function storedCredential(
  entry: Readonly<Record<string, unknown>>,
  path: string,
  key: string,
): Credential | undefined {
  const text = (name: string) => {
    const value = entry[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const identity = text("identitytoken");
  if (identity !== undefined) return { kind: "identity-token", token: identity };
  const registry = text("registrytoken");
  if (registry !== undefined) return { kind: "registry-token", token: registry };
  const auth = text("auth");
  if (auth === undefined) {
    const [username, password] = [text("username"), text("password")];
    return username === undefined || password === undefined
      ? undefined
      : { kind: "basic", username, password };
  }
  // Some tools fill the password up with zeros.
  const decoded = Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "");
  const colon = decoded.indexOf(":");
  if (colon > 0) return basicOrToken(decoded.slice(0, colon), decoded.slice(colon + 1));
  throw new GreenError("config", `The entry for "${key}" in "${path}" is no user and password`, {
    hint: `log in again with \`docker login ${key}\``,
  });
}

/** Helpers and some files mark a refresh token by the user's name. */
export function basicOrToken(username: string, secret: string): Credential {
  if (username === "<token>") return { kind: "identity-token", token: secret };
  return { kind: "basic", username, password: secret };
}
