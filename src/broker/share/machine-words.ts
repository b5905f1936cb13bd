// SPDX-License-Identifier: MIT OR Apache-2.0
import { realpathSync } from "node:fs";
import { homedir, hostname, tmpdir, userInfo } from "node:os";
import { variablesOf } from "../../cargo/variables.ts";
import { type PrivateWords, privateWords, secretsIn } from "../../unit/leaks/private-words.ts";

/** What is private on this machine, as far as it can be told: who, where, and the values of secrets. */
export function machineWords(env: NodeJS.ProcessEnv, workspace: string): PrivateWords {
  const user = attempt(() => userInfo());
  const homes = [env["HOME"], attempt(() => homedir()), user?.homedir].filter((path) => path !== undefined);
  const places = [
    { what: "path of the workspace", path: workspace },
    { what: "path of CARGO_HOME", path: env["CARGO_HOME"] },
    { what: "path of the target directory", path: env["CARGO_TARGET_DIR"] },
    { what: "directory for temporary files", path: tmpdir() },
  ];
  return privateWords({
    homes: [...new Set(homes.flatMap((path) => [path, attempt(() => realpathSync(path)) ?? path]))],
    userNames: [...new Set([user?.username, env["USER"], env["LOGNAME"]])].filter(
      (name) => name !== undefined,
    ),
    hostNames: [...new Set([hostname(), env["HOSTNAME"]])].filter((name) => name !== undefined),
    places: places.flatMap(({ what, path }) => (path === undefined ? [] : [{ what, path }])),
    secrets: secretsIn(variablesOf(env)),
  });
}

/** Undefined where the system does not say: a user without an entry, a directory that is gone. */
function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
