// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile } from "node:fs/promises";
import { GreenError } from "../../error.ts";
import type { CredentialProvider } from "./credential.ts";

/** What `docker login` and `podman login` left, for who has these variables. */
export async function usersCredentials(env: NodeJS.ProcessEnv): Promise<CredentialProvider> {
  const { createCredentialProvider } = await import("./find-credential.ts");
  const { createHelperRunner } = await import("./run-helper.ts");
  return createCredentialProvider({
    env,
    home: env["HOME"],
    readFile: (path) =>
      readFile(path, "utf8").catch((thrown: NodeJS.ErrnoException) => {
        if (thrown.code === "ENOENT" || thrown.code === "ENOTDIR") return undefined;
        throw new GreenError("environment", `"${path}" cannot be read: ${thrown.message}`, {
          hint: "make it readable, or remove it",
        });
      }),
    runHelper: createHelperRunner({ env }),
  });
}
