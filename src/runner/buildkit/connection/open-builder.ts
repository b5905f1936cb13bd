// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../../error.ts";
import type { BuilderEndpoint } from "../builder-endpoint.ts";
import type { BuilderPlace } from "./builder-place.ts";
import { containerEndpoint } from "./container-endpoint.ts";
import { engineEndpoint } from "./engine-endpoint.ts";
import { remoteEndpoint } from "./remote-endpoint.ts";

/**
 * Opens a builder; nothing is connected before it is dialled.
 * @param env what `ssh` is started with
 * @throws GreenError "config" for a builder that cannot be used from here
 */
export function openBuilder(
  { name, title, source, from, at }: BuilderPlace,
  env: NodeJS.ProcessEnv,
): BuilderEndpoint {
  switch (at.driver) {
    case "docker":
      return engineEndpoint(title, at.engine, env);
    case "docker-container":
      return containerEndpoint(title, { ...at, absentHint: absentHint(name, source) }, env);
    case "remote":
      return remoteEndpoint(title, at.address, env);
    case "unsupported":
      throw new GreenError("config", `${title} (${from}) is in ${at.what}, which cannot be used from here`, {
        hint: "choose another with `cargo green builder use`, or let buildkitd listen on TCP and name that: tcp://HOST:PORT",
      });
  }
}

function absentHint(name: string, source: BuilderPlace["source"]): string {
  return source === "buildx"
    ? `\`docker buildx inspect --bootstrap ${name}\` makes it`
    : `\`cargo green builder create NAME\` makes one; \`cargo green builder ls\` shows those that there are`;
}
