// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Ended, run } from "../process.ts";
import type { Registry } from "../services.ts";
import { program } from "./program.ts";

export type Client = "oras" | "skopeo" | "crane" | "regctl";

/** Other people's clients of registries, with a home of their own. */
export interface Clients {
  /** Where they run. */
  readonly directory: string;
  /** Runs one to its end, with the flags that it needs for this registry; throws unless it succeeds. */
  run(client: Client, ...args: string[]): Promise<string>;
  /** The same, however it ends. */
  attempt(client: Client, ...args: string[]): Promise<Ended>;
}

/** What clients are told: where the registry, or a proxy in front of it, is, and how to get in. */
export type ClientAccess = Pick<Registry, "url" | "host" | "credentials" | "caFile">;

/** `directory` is where they run and keep their settings. */
export function clientsFor(access: ClientAccess, directory: string): Clients {
  const home = join(directory, "home");
  mkdirSync(join(home, ".docker"), { recursive: true });
  const { credentials } = access;
  const auth = Buffer.from(`${credentials?.username}:${credentials?.password}`).toString("base64");
  const auths = credentials === undefined ? {} : { [access.host]: { auth } };
  writeFileSync(join(home, ".docker", "config.json"), JSON.stringify({ auths }));
  // Programs in Go trust what is in this file.
  const trust = access.caFile === undefined ? {} : { SSL_CERT_FILE: access.caFile };
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, ...trust };

  function attempt(client: Client, ...args: string[]): Promise<Ended> {
    return run([program(client), ...withFlags(client, args, access)], { cwd: directory, env });
  }

  return {
    directory,
    attempt,
    async run(client, ...args) {
      const { status, stdout, stderr } = await attempt(client, ...args);
      if (status !== 0)
        throw new Error(`${client} ${args.join(" ")} ended with ${status}:\n${stderr}${stdout}`);
      return stdout;
    },
  };
}

/** crane tries plain HTTP with loopback by itself; the others must be told where there is no TLS. */
function withFlags(client: Client, args: readonly string[], { url, host }: ClientAccess): string[] {
  const [subcommand = "", ...rest] = args;
  const plain = url.startsWith("http:");
  switch (client) {
    case "oras": {
      const sides = subcommand === "cp" ? ["--from-plain-http", "--to-plain-http"] : ["--plain-http"];
      return [...args, ...sides.map((flag) => `${flag}=${plain}`)];
    }
    case "skopeo": {
      const sides = subcommand === "copy" ? ["--src-tls-verify", "--dest-tls-verify"] : ["--tls-verify"];
      // It finds no policy on a machine where it is not installed.
      return ["--insecure-policy", subcommand, ...sides.map((flag) => `${flag}=${!plain}`), ...rest];
    }
    case "regctl":
      return [...(plain ? ["--host", `reg=${host},tls=disabled`] : []), ...args];
    case "crane":
      return [...args];
  }
}
