// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFile } from "node:child_process";
import { hash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { PROTOCOL_VERSION } from "../broker/protocol.ts";
import { GreenError } from "../error.ts";
import { launcher } from "./launcher.ts";

const run = promisify(execFile);

/** shim/unit.rs recognises itself, and wrappers in variables, by this file name. */
export const SHIM_NAME = "cargo-green-shim";
/** Lies beside the shim: how to start a per-user broker. Lines: version id, Node, script, then ours. */
const SIDECAR_NAME = "broker";
/**
 * Unoptimized: std is optimized already, and our own code only moves bytes. With `-O`, rustc 1.95 works 5 times as
 * long (5 s instead of 1 s of processor time) for the same round trip (hack/bench startup).
 */
const RUSTC_FLAGS = [
  ...["--edition", "2021", "--crate-name", "cargo_green_shim", "--crate-type", "bin"],
  ...["-C", "opt-level=0", "-C", "debug-assertions=off", "-C", "panic=abort", "-C", "strip=symbols"],
];
/** Compiling takes about a second; this is for machines that swap. */
const COMPILE_TIMEOUT_MS = 120_000;

export interface ShimOptions {
  /** The shim goes below `<cacheDir>/shim`. */
  readonly cacheDir: string;
  /** A path, or a name on PATH. */
  readonly rustc: string;
  /** What tells this compiler from others, e.g. its `-vV`; another one gets another shim. */
  readonly rustcIdentity: string;
  /** Path of shim/main.rs; other sources lie beside it. */
  readonly source: string;
  /** Names the per-user broker's socket: letters, digits, `.` and `-`. Other versions have other brokers. */
  readonly versionId: string;
  /** The Node that runs us. */
  readonly nodePath: string;
  /** What that Node runs as `<scriptPath> broker --socket <path>`. */
  readonly scriptPath: string;
  /** The shim in Node (dist/shim.cjs), for when this one cannot be compiled. */
  readonly fallbackPath: string;
  /** For rustc. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Told, in a line, about what takes its time or went wrong. */
  readonly onProgress?: (line: string) => void;
}

export interface InstalledShim {
  readonly path: string;
  /** `node`: the slow fallback, which cannot stand in for build scripts. */
  readonly kind: "native" | "node";
  /** Why it is not native; only in the call in which compiling failed. */
  readonly problem?: string;
}

/**
 * The shim of this compiler, compiled if it is not there yet; safe to call at the same time as others.
 * A failure to compile is remembered until the compiler changes. If all is up to date this costs some small reads and
 * one stat. Throws GreenError "environment" if nothing can be written or executed there.
 */
export async function ensureShim(options: ShimOptions): Promise<InstalledShim> {
  const { cacheDir, source, rustcIdentity } = options;
  const parts = [
    ...sourceTexts(source),
    String(PROTOCOL_VERSION),
    process.platform,
    process.arch,
    rustcIdentity,
  ];
  const id = hash("sha256", parts.join("\0"), "hex").slice(0, 16);
  const path = join(cacheDir, "shim", id, SHIM_NAME);
  const sidecar = join(dirname(path), SIDECAR_NAME);
  const [present, text] = await Promise.all([isFile(path), readFile(sidecar, "utf8").catch(() => "")]);
  if (present) {
    for (const kind of ["native", "node"] as const) {
      if (text === sidecarText(options, kind)) return { path, kind };
    }
  }
  try {
    await mkdir(dirname(path), { recursive: true });
    const known = present ? text.split("\n")[3] : undefined;
    if (known === "native") return await finish(options, path, "native");
    if (known === "node") {
      await writeFileAtomically(path, launcher(options), 0o755);
      return await finish(options, path, "node");
    }
    return await make(options, path);
  } catch (thrown) {
    if (thrown instanceof GreenError) throw thrown;
    throw new GreenError("environment", `The shim cannot be put into "${dirname(path)}"`, { cause: thrown });
  }
}

async function make(options: ShimOptions, path: string): Promise<InstalledShim> {
  options.onProgress?.(
    `compiles its compiler wrapper, once per toolchain; the cache is "${options.cacheDir}"`,
  );
  const problem = await compile(options, path);
  if (problem === undefined) return finish(options, path, "native");
  options.onProgress?.(`cannot compile its compiler wrapper, and uses a slower one: ${problem}`);
  await writeFileAtomically(path, launcher(options), 0o755);
  const broken = await check(path);
  if (broken !== undefined) {
    throw new GreenError("environment", `Programs in "${dirname(path)}" cannot be executed: ${broken}`, {
      hint: "Set the cache directory to one on a file system without `noexec`",
    });
  }
  return { ...(await finish(options, path, "node")), problem };
}

/** Written last: only a shim with its sidecar is complete. */
async function finish(
  options: ShimOptions,
  path: string,
  kind: InstalledShim["kind"],
): Promise<InstalledShim> {
  await writeFileAtomically(join(dirname(path), SIDECAR_NAME), sidecarText(options, kind), 0o644);
  return { path, kind };
}

/** Nothing, or the first line of what went wrong. */
async function compile(options: ShimOptions, path: string): Promise<string | undefined> {
  // In a directory of its own, where rustc also leaves its intermediate files.
  const temporary = join(dirname(path), randomUUID());
  const output = join(temporary, SHIM_NAME);
  try {
    await mkdir(temporary);
    await run(options.rustc, [...RUSTC_FLAGS, options.source, "-o", output], {
      timeout: COMPILE_TIMEOUT_MS,
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    await chmod(output, 0o755);
    const broken = await check(output);
    if (broken === undefined) await rename(output, path);
    return broken;
  } catch (thrown) {
    return firstErrorLine(thrown);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** A shim that was made for another machine, or cannot be executed where it is, is none. */
async function check(shim: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(shim, ["--green-version"], { timeout: COMPILE_TIMEOUT_MS });
    return stdout === `${PROTOCOL_VERSION}\n` ? undefined : "It does not answer as it should";
  } catch (thrown) {
    return firstErrorLine(thrown);
  }
}

function firstErrorLine(thrown: unknown): string {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const stderr = "stderr" in error && typeof error.stderr === "string" ? error.stderr : "";
  const lines = (stderr || error.message).split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => line.startsWith("error")) ?? lines[0] ?? error.message;
}

/** The shim reads the first three lines; the rest tells a later call what is there. */
function sidecarText(options: ShimOptions, kind: InstalledShim["kind"]): string {
  const { versionId, nodePath, scriptPath, fallbackPath } = options;
  const lines = [versionId, nodePath, scriptPath, kind];
  return `${[...lines, ...(kind === "node" ? [fallbackPath] : [])].join("\n")}\n`;
}

/** Names and texts of all that the shim is compiled from: small files, which take longer to be read asynchronously. */
function sourceTexts(main: string): readonly string[] {
  const directory = dirname(main);
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith(".rs"));
    return names.sort().flatMap((name) => [name, readFileSync(join(directory, name), "utf8")]);
  } catch (thrown) {
    throw new GreenError("environment", `The shim's source "${main}" cannot be read`, {
      hint: "Reinstall cargo-green",
      cause: thrown,
    });
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function writeFileAtomically(path: string, text: string, mode: number): Promise<void> {
  const temporary = join(dirname(path), randomUUID());
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(text);
      await file.chmod(mode); // whatever the umask
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
