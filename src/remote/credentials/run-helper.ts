// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawn } from "node:child_process";
import { GreenError } from "../../error.ts";
import type { Credential } from "./credential.ts";
import { basicOrToken } from "./stored-credential.ts";

/** Asks the program `docker-credential-NAME` for a server's credentials; undefined: it has none. */
export type HelperRunner = (name: string, server: string) => Promise<Credential | undefined>;

export interface HelperOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** After this many milliseconds it is killed. Default HELPER_TIMEOUT_MS. */
  readonly timeoutMs?: number | undefined;
}

/** Long enough for somebody to unlock a key ring, short enough for a build machine on which nobody will. */
export const HELPER_TIMEOUT_MS = 30_000;
/** 1 MiB: what helpers print is a few hundred bytes. */
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** Names are part of a program's name: no directories. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** How helpers say that they have nothing: docker-credential-helpers 0.9, credentials/error.go. */
const NOT_FOUND = /credentials not found in native keychain/i;

interface Ended {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs real helpers: https://github.com/docker/docker-credential-helpers/tree/v0.9.4#development */
export function createHelperRunner({ env, timeoutMs = HELPER_TIMEOUT_MS }: HelperOptions): HelperRunner {
  return async (name, server) => {
    if (!NAME.test(name)) throw failed(JSON.stringify(name), "that is no name of a helper");
    const program = `docker-credential-${name}`;
    const { status, stdout, stderr } = await run(program, server, env, timeoutMs);
    if (status === 0) return understood(program, stdout);
    if (NOT_FOUND.test(stdout) || NOT_FOUND.test(stderr)) return undefined;
    // Neither stream is repeated: some helpers print what they got before they fail.
    throw failed(`"${program}"`, status === undefined ? "it was killed" : `it ended with status ${status}`);
  };
}

function run(program: string, input: string, env: HelperOptions["env"], timeoutMs: number): Promise<Ended> {
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  const child = spawn(program, ["get"], { env, stdio: ["pipe", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  const end = (error: GreenError) => {
    reject(error);
    child.kill("SIGKILL");
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  };
  const timer = setTimeout(
    () => end(failed(`"${program}"`, `it did not answer within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8");
    child[name].on("data", (text: string) => {
      output[name] += text;
      if (output[name].length > MAX_OUTPUT_BYTES) end(failed(`"${program}"`, "it prints too much"));
    });
  }
  child.on("error", (error: NodeJS.ErrnoException) => {
    end(failed(`"${program}"`, error.code === "ENOENT" ? "there is no such program" : `${error.code}`));
  });
  child.on("close", (status) => resolve({ status: status ?? undefined, ...output }));
  child.stdin.on("error", () => {}); // It may end without having read; then its status tells.
  child.stdin.end(`${input}\n`);
  return promise.finally(() => clearTimeout(timer));
}

function understood(program: string, stdout: string): Credential | undefined {
  try {
    const { Username: username, Secret: secret } = JSON.parse(stdout) as Record<string, unknown>;
    if (typeof username === "string" && typeof secret === "string") {
      return username === "" && secret === "" ? undefined : basicOrToken(username, secret);
    }
  } catch {
    // The parser's message quotes the secret.
  }
  throw failed(`"${program}"`, "its answer cannot be understood");
}

function failed(program: string, why: string): GreenError {
  return new GreenError("environment", `The credential helper ${program} failed: ${why}`, {
    hint: "repair it, or take it out of `credsStore` and `credHelpers` in Docker's config.json and log in again",
  });
}
