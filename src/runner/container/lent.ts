// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve } from "node:path";
import { GreenError } from "../../error.ts";

/** A secret that steps of a base image may mount by its id. What it says is read when a builder asks, and kept nowhere. */
export interface LentSecret {
  readonly id: string;
  readonly source:
    | { readonly kind: "file" /** Absolute. */; readonly path: string }
    | { readonly kind: "variable"; readonly name: string };
}

/** An ssh agent that such steps may use. */
export interface LentAgent {
  readonly id: string;
  /** Absolute path of its socket. */
  readonly socket: string;
}

/** What steps of base images may use, because the settings name it. */
export interface Lent {
  readonly secrets: readonly LentSecret[];
  readonly agents: readonly LentAgent[];
  /** Has the variables that secrets are in. */
  readonly env: NodeJS.ProcessEnv;
}

export const NOTHING_LENT: Lent = { secrets: [], agents: [], env: {} };

/**
 * What the settings lend.
 * @throws GreenError "config" for what docker would not take, and for two of one id
 */
export function parseLent(
  { secrets, ssh }: { readonly secrets: readonly string[]; readonly ssh: readonly string[] },
  place: LendingPlace,
): Lent {
  const lent = {
    secrets: secrets.map((text) => parseSecret(text, place)),
    agents: ssh.map((text) => parseAgent(text, place)),
    env: place.env,
  };
  for (const ids of [lent.secrets, lent.agents].map((all) => all.map(({ id }) => id))) {
    const twice = ids.find((id, at) => ids.indexOf(id) !== at);
    if (twice !== undefined) {
      throw new GreenError("config", `Two secrets or ssh agents have the id "${twice}"`, {
        hint: "give each one of its own",
      });
    }
  }
  return lent;
}

/** Where paths count from, and what is set. */
export interface LendingPlace {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

/** As docker calls an agent that has no other name. */
const DEFAULT_AGENT = "default";
const FIELDS: ReadonlySet<string> = new Set(["id", "src", "source", "env", "type"]);

/**
 * A secret as docker's `--secret` has it: `id=ID,src=PATH`, `id=ID,env=NAME`; `id=ID` alone is the variable of that
 * name, or else the file. https://docs.docker.com/reference/cli/docker/buildx/build/#secret
 * @throws GreenError "config" for what is none
 */
export function parseSecret(text: string, { directory, env }: LendingPlace): LentSecret {
  const fields = new Map(text.split(",").map((field) => splitOnce(field.trim())));
  const id = fields.get("id") ?? "";
  const unknown = [...fields.keys()].find((name) => !FIELDS.has(name));
  const path = fields.get("src") ?? fields.get("source");
  const name = fields.get("env");
  if (id === "" || unknown !== undefined || (path !== undefined && name !== undefined)) {
    throw new GreenError("config", `${JSON.stringify(text)} in \`secrets\` is no secret`, {
      hint: "write id=ID,src=PATH or id=ID,env=NAME, as for docker build --secret",
    });
  }
  if (name !== undefined) return { id, source: { kind: "variable", name } };
  if (path === undefined && env[id] !== undefined) return { id, source: { kind: "variable", name: id } };
  return { id, source: { kind: "file", path: resolve(directory, expandHome(path ?? id, env)) } };
}

/**
 * An agent as docker's `--ssh` has it: `default`, `ID=SOCKET`; without a socket it is the one of SSH_AUTH_SOCK.
 * https://docs.docker.com/reference/cli/docker/buildx/build/#ssh
 * @throws GreenError "config" if there is none
 */
export function parseAgent(text: string, { directory, env }: LendingPlace): LentAgent {
  const [id, given] = splitOnce(text.trim());
  const socket = given === "" || given === "$SSH_AUTH_SOCK" ? env["SSH_AUTH_SOCK"] : given;
  if (socket === undefined || socket === "") {
    throw new GreenError("config", `There is no ssh agent for ${JSON.stringify(text)} in \`ssh\``, {
      hint: "start one, so that SSH_AUTH_SOCK is set, or write ID=SOCKET",
    });
  }
  return { id: id === "" ? DEFAULT_AGENT : id, socket: resolve(directory, expandHome(socket, env)) };
}

function splitOnce(text: string): [string, string] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

function expandHome(path: string, env: NodeJS.ProcessEnv): string {
  return path.startsWith("~/") && env["HOME"] ? `${env["HOME"]}${path.slice(1)}` : path;
}
