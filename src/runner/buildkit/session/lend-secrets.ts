// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile } from "node:fs/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import type { LentSecret } from "../../container/lent.ts";
import { Secrets } from "../proto/secrets_pb.ts";
import { pathsOf, type SessionService } from "./session-service.ts";

/** 500 KB: what BuildKit 0.25 takes (session/secrets/secretsprovider). */
const MOST_BYTES = 500_000;

/** Hands a builder the secrets that are named, when it asks for one by its id. Errors repeat none of what they say. */
export function lendSecrets(secrets: readonly LentSecret[], env: NodeJS.ProcessEnv): SessionService {
  return {
    methods: pathsOf(Secrets),
    register: (router) =>
      router.service(Secrets, {
        async getSecret({ ID }) {
          const secret = secrets.find(({ id }) => id === ID);
          if (secret === undefined) throw new ConnectError(`no secret "${ID}" is lent`, Code.NotFound);
          const data = await readSecret(secret, env);
          if (data.length <= MOST_BYTES) return { data };
          throw new ConnectError(`the secret "${ID}" has more than 500 KB`, Code.InvalidArgument);
        },
      }),
  };
}

async function readSecret({ id, source }: LentSecret, env: NodeJS.ProcessEnv): Promise<Buffer> {
  if (source.kind === "variable") {
    const value = env[source.name];
    if (value !== undefined) return Buffer.from(value);
    throw new ConnectError(`the variable ${source.name} of the secret "${id}" is not set`, Code.NotFound);
  }
  return readFile(source.path).catch(() => {
    throw new ConnectError(`the file "${source.path}" of the secret "${id}" cannot be read`, Code.NotFound);
  });
}
