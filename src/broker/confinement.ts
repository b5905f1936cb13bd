// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname, isAbsolute, join, resolve } from "node:path";
import { classifyEnv } from "../cargo/env-policy.ts";
import { cargoHome } from "../cargo/package.ts";
import { splitRustcArgv } from "../cargo/rustc-options.ts";
import { SCRIPT_FILES } from "../runner/host/system-paths.ts";
import type { ShimRequest } from "./protocol.ts";

/** What of this machine a unit needs, beyond the system's programs and libraries. Absolute paths. */
export interface Confinement {
  readonly readOnly: readonly string[];
  readonly readWrite: readonly string[];
}

/** What is known of every unit's surroundings. */
export interface Surroundings {
  readonly request: ShimRequest;
  readonly sysroot: string;
  /** The package's directory. */
  readonly packageRoot: string;
  /** Programs on PATH that are not the system's, but part of the key. */
  readonly tools: readonly string[];
  /** The compiled shim: build scripts call it for probes. */
  readonly shim: string | undefined;
}

/** Names of rustup's proxies in CARGO_HOME. */
const PROXIES = "cargo rustc rustdoc rustup rustfmt cargo-fmt cargo-clippy clippy-driver".split(" ");
/** Variables whose paths say where a user keeps everything. */
const PLACES = new Set(["PATH", "CARGO_HOME", "RUSTUP_HOME", "TMPDIR", "TEMP", "TMP"]);
const PROGRAMS = ["RUSTC", "RUSTDOC", "CARGO", "RUSTC_LINKER", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"];

/** What a compiler call names: its package, what it is compiled against, and where its outputs go. */
export function confineRustc(around: Surroundings): Confinement {
  const { request, packageRoot } = around;
  const at = (path: string) => resolve(request.cwd, path);
  const readOnly = [packageRoot, ...commonPaths(around)];
  const readWrite: string[] = jobserver(request.env);
  const outDir = request.env.get("OUT_DIR");
  if (outDir !== undefined) readOnly.push(outDir);
  const split = splitRustcArgv(request.argv.slice(1));
  if (typeof split === "string") return { readOnly, readWrite };
  for (const { name, value = "" } of split.options) {
    const behind = value.slice(value.indexOf("=") + 1);
    if (name === "out-dir") readWrite.push(at(value));
    else if (name === "o") readWrite.push(dirname(at(value)));
    else if (name === "L") readOnly.push(at(/^[a-z]+=/.test(value) ? behind : value));
    else if (name === "extern") {
      if (value.includes("=")) readOnly.push(...withSibling(at(behind)));
    } else if (name === "sysroot") readOnly.push(at(value));
    else if (name === "target" && value.endsWith(".json")) readOnly.push(at(value));
    else if (name === "codegen" && value.startsWith("incremental=")) readWrite.push(at(behind));
    else if (name === "codegen" || name === "Z") readOnly.push(...pathsIn(value));
  }
  return { readOnly, readWrite };
}

/** What a build script's run may look at, and its OUT_DIR. */
export function confineScript(
  around: Surroundings,
  executable: string,
  outDir: string,
  elsewhere: readonly string[],
): Confinement {
  const { request, packageRoot } = around;
  const declared = [...request.env].flatMap(([name, value]) =>
    name.startsWith("DEP_") ? pathsIn(value) : [],
  );
  return {
    readOnly: [packageRoot, executable, ...SCRIPT_FILES, ...commonPaths(around), ...declared, ...elsewhere],
    readWrite: [outDir, ...jobserver(request.env)],
  };
}

/** The toolchain, programs, and what variables of the documented list name. */
function commonPaths({ request, sysroot, tools, shim }: Surroundings): readonly string[] {
  const { env, argv } = request;
  const rustup =
    env.get("RUSTUP_HOME") ?? (env.has("HOME") ? join(env.get("HOME") ?? "", ".rustup") : undefined);
  const managed = rustup !== undefined && sysroot.startsWith(`${rustup}/`);
  const home = cargoHome(env);
  const named = [...env].flatMap(([name, value]) =>
    classifyEnv(name) === "allowed" && !PLACES.has(name) ? pathsIn(value) : [],
  );
  const programs = [...argv.slice(0, 2), ...PROGRAMS.map((name) => env.get(name) ?? "")];
  return [
    sysroot,
    ...(managed ? [rustup] : []),
    ...(managed && home !== undefined ? PROXIES.map((name) => join(home, "bin", name)) : []),
    ...programs.filter((path) => isAbsolute(path)),
    ...tools,
    ...named,
    ...(shim === undefined ? [] : [shim]),
  ];
}

/** An rmeta is read where an rlib is named, and the other way round. */
function withSibling(path: string): readonly string[] {
  const other = path.endsWith(".rmeta") ? path.replace(/rmeta$/, "rlib") : path.replace(/rlib$/, "rmeta");
  return [path, other];
}

/** Absolute paths in a value such as `-I/opt/x/include -L/opt/x/lib` or `/a:/b`. */
export function pathsIn(value: string): readonly string[] {
  return [...value.matchAll(/(?:^|[\s:;,='"]|-[A-Z])(\/[^\s:;,='"]+)/g)].map(([, path = ""]) => path);
}

/** A jobserver with a name, as make 4.4 has it; the others are inherited. */
function jobserver(env: ReadonlyMap<string, string>): string[] {
  const fifo = /--jobserver-auth=fifo:(\S+)/.exec(env.get("CARGO_MAKEFLAGS") ?? "")?.[1];
  return fifo === undefined ? [] : [fifo];
}
