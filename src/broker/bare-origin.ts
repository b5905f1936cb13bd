// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { projectDirectory } from "../cargo/project.ts";
import { placeInTarget } from "../cargo/target-layout.ts";
import type { ConfigReader } from "../config/reader.ts";
import { type ResolvedConfig, resolveConfig } from "../config/resolve.ts";
import { variableOf } from "../config/settings.ts";
import { GreenError } from "../error.ts";
import type { ShimRequest } from "./protocol.ts";
import { utf8Request } from "./utf8-request.ts";

/** Whose request this is: the settings that hold for it, and the project by its target directory. */
export interface Origin extends Pick<ResolvedConfig, "config" | "origins"> {
  readonly project: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A request whose settings cannot be used, so that Cargo goes on without us. */
export interface RefusedOrigin {
  readonly project: string;
  readonly cacheDir: string;
  /** For people: what is wrong. */
  readonly refused: string;
}

/** Undefined for a request of nobody's: it has no project, or settings that every command of ours complains about. */
export async function originOf(
  raw: ShimRequest,
  reader: ConfigReader,
): Promise<Origin | RefusedOrigin | undefined> {
  const request = utf8Request(raw);
  if (request === undefined) return undefined;
  const env = Object.fromEntries(request.env);
  const at = request.argv.indexOf("--out-dir");
  const output = request.env.get("OUT_DIR") ?? request.argv[at + 1] ?? request.cwd;
  const target = placeInTarget(output, undefined)?.root;
  const project = projectDirectory(dirname(target ?? join(output, "x")));
  // Cargo compiles a registry's packages in their own directories; where it was started from, it leaves in PWD.
  const pwd = request.env.get("PWD");
  const cwd = pwd !== undefined && isAbsolute(pwd) ? pwd : request.cwd;
  const start = existsSync(join(project, "Cargo.toml")) ? project : isInstall(target) ? undefined : cwd;
  try {
    const { config, origins } = await resolveConfig({ env, cwd, start, reader });
    return { config, origins, project, env };
  } catch (thrown) {
    const { message } = GreenError.from(thrown);
    // A variable may be wrong that only this caller has, an editor for one; files say so to whoever asks.
    const without = { env: withoutSettings(env), cwd, start, reader };
    const rest = await resolveConfig(without).catch(() => undefined);
    return rest && { project, cacheDir: rest.config.cacheDir, refused: message };
  }
}

/** `cargo install` of what is not on this disk compiles in a directory of its own (`InstallablePackage`, cargo 1.95). */
function isInstall(target: string | undefined): boolean {
  return target !== undefined && /^cargo-install[A-Za-z0-9]{6}$/.test(basename(target));
}

function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = variableOf("cacheDir");
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => name === kept || !name.startsWith("CARGOGREEN_")),
  );
}
