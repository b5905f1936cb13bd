// SPDX-License-Identifier: MIT OR Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import type { Credential, CredentialProvider } from "../../../remote/credentials/credential.ts";
import { Auth } from "../proto/session_pb.ts";
import { pathsOf, type SessionService } from "./session-service.ts";

/**
 * Logs a builder in at registries that it takes base images from, as the user is logged in: session/auth of BuildKit
 * 0.25. Of its methods only the one that hands credentials over: a builder fetches tokens itself.
 */
export function registryLogin(credentials: CredentialProvider): SessionService {
  return {
    methods: pathsOf(Auth),
    register: (router) =>
      router.service(Auth, {
        async credentials({ Host }) {
          try {
            return asked(await credentials(Host, ""));
          } catch (thrown) {
            // What reads credentials repeats none in its errors.
            throw new ConnectError(thrown instanceof Error ? thrown.message : "", Code.Unauthenticated);
          }
        },
      }),
  };
}

/** A bearer token of one's own cannot be handed over as credentials: without any, the registry says what it wants. */
function asked(credential: Credential | undefined): { readonly Username: string; readonly Secret: string } {
  switch (credential?.kind) {
    case "basic":
      return { Username: credential.username, Secret: credential.password };
    case "identity-token":
      return { Username: "", Secret: credential.token };
    default:
      return { Username: "", Secret: "" };
  }
}
