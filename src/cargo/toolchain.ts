// SPDX-License-Identifier: MIT OR Apache-2.0
import { basename, dirname, join } from "node:path";
import { fileSignature } from "./memo.ts";
import { resolveProgram, type SystemContext } from "./system.ts";

/** A compiler, as `rustc -vV` tells. */
export interface RustcIdentity {
  /** The whole of `rustc -vV`, and digests of the compiler's libraries where a version does not pin them. */
  readonly text: string;
  /** `1.95.0`, `1.97.0-nightly` */
  readonly release: string;
  /** Triple of the machine it runs on. */
  readonly host: string;
  /** `unknown` for compilers that were built elsewhere. */
  readonly commit: string;
  /** `rustc --print sysroot` */
  readonly sysroot: string;
}

/** A compiler that has been started to say what it is, or need not be. */
export interface AskedRustc {
  /** Undefined if it cannot be asked. */
  readonly identity: Promise<RustcIdentity | undefined>;
}

/**
 * Asks a compiler what it is; resolves before the answer is there.
 * Remembered while the program and the compiler library beside it are the same files. A rustup proxy picks a
 * toolchain by directory and environment, and a script may do anything: their answers are never remembered.
 *
 * @param program A path, or a name that is looked up in PATH. `clippy-driver` answers like its rustc.
 */
export async function askRustc(program: string, context: SystemContext): Promise<AskedRustc> {
  const { env, memo, files } = context;
  const real = await resolveProgram(program, context);
  if (real === undefined) return { identity: Promise.resolve(undefined) };
  const libraries = await compilerLibraries(real, context);
  const signatures = [real, ...libraries].map((path) => fileSignature(path, files.stat(path)));
  const key = JSON.stringify(["rustc", ...signatures, env.get("RUSTC_FORCE_RUSTC_VERSION") ?? ""]);
  // A script in rustc's place may answer otherwise the next time, as a proxy does.
  const proxy = isRustupProxy(real, context);
  const memoised = !proxy && libraries.length > 0;
  const known = memoised ? memo.get(key) : undefined;
  if (known !== undefined) return { identity: Promise.resolve(JSON.parse(known) as RustcIdentity) };
  const keep = (identity: RustcIdentity) => {
    if (memoised) memo.set(key, JSON.stringify(identity));
  };
  return { identity: answerOf(proxy ? program : real, [real, ...libraries], keep, context) };
}

/** The identity of a compiler; undefined if it cannot be asked. See `askRustc`. */
export async function rustcIdentity(
  program: string,
  context: SystemContext,
): Promise<RustcIdentity | undefined> {
  return (await askRustc(program, context)).identity;
}

/** @param parts the compiler's own files */
async function answerOf(
  program: string,
  parts: readonly string[],
  keep: (identity: RustcIdentity) => void,
  { run, env, memo }: SystemContext,
): Promise<RustcIdentity | undefined> {
  const [version, sysroot] = await Promise.all([
    run(program, ["-vV"], env),
    run(program, ["--print", "sysroot"], env),
  ]);
  if (version.code !== 0 || sysroot.code !== 0) return undefined;
  const parsed = parseRustcVersion(version.stdout);
  if (parsed === undefined) return undefined;
  // A compiler from a checkout keeps its version while it changes.
  const pinned = parsed.commit !== "unknown" && !parsed.release.includes("dev");
  const contents = pinned
    ? []
    : await Promise.all(parts.map(async (path) => `${basename(path)} ${await memo.digestFile(path)}`));
  const identity: RustcIdentity = {
    ...parsed,
    text: [version.stdout.trimEnd(), ...contents].join("\n"),
    sysroot: sysroot.stdout.trimEnd(),
  };
  keep(identity);
  return identity;
}

/** Reads `rustc -vV`; undefined if that is not what it is. */
export function parseRustcVersion(
  text: string,
): Pick<RustcIdentity, "release" | "host" | "commit"> | undefined {
  const field = (name: string) => new RegExp(`^${name}: (.+)$`, "m").exec(text)?.[1];
  const release = field("release");
  const host = field("host");
  if (release === undefined || host === undefined) return undefined;
  return { release, host, commit: field("commit-hash") ?? "unknown" };
}

/** True for a link to rustup, or a hard link of it. */
export function isRustupProxy(real: string, { files }: Pick<SystemContext, "files">): boolean {
  if (basename(real) === "rustup") return true;
  const beside = files.stat(join(dirname(real), "rustup"));
  return beside !== undefined && beside.ino === files.stat(real)?.ino;
}

async function compilerLibraries(
  real: string,
  { files }: Pick<SystemContext, "files">,
): Promise<readonly string[]> {
  const directory = join(dirname(dirname(real)), "lib");
  const names = await files.list(directory);
  return names
    .filter((name) => /^librustc_driver|^libLLVM/.test(name))
    .sort()
    .map((name) => join(directory, name));
}
