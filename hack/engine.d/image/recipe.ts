// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../lib/run.ts";

/** To be counted up when the same recipe gives another image. */
const SCHEMA = 2;

/** What the base image is made of. */
export interface Recipe {
  /** Release of Debian. */
  readonly suite: string;
  readonly packages: readonly string[];
  /** Of rustc, as `1.95.0`. */
  readonly version: string;
  /** The directory of the toolchain that goes in. */
  readonly sysroot: string;
  /** `VERSION-TRIPLE`, as rustup names it in the official images. */
  readonly toolchain: string;
  /** Differs between recipes. */
  readonly key: string;
}

/** As in the official images named `rust:1-slim-bookworm`, and what C dependencies and build scripts ask for. */
export const SUITE = "bookworm";
const PACKAGES = ["ca-certificates", "gcc", "git", "libc6-dev", "make", "perl", "pkg-config"];

/** For the toolchain that builds outside of any project. Throws if there is none. */
export async function baseImageRecipe(env: NodeJS.ProcessEnv): Promise<Recipe> {
  const told = await rustc(["-vV"], env);
  const sysroot = (await rustc(["--print", "sysroot"], env)).trim();
  const version = /^release: (.*)$/m.exec(told)?.[1] ?? "unknown";
  const triple = /^host: (.*)$/m.exec(told)?.[1] ?? "unknown";
  const contents = [readdirSync(join(sysroot, "bin")), readdirSync(join(sysroot, "lib", "rustlib"))];
  const made = { schema: SCHEMA, suite: SUITE, packages: PACKAGES, told, contents: contents.flat().sort() };
  const key = createHash("sha256").update(JSON.stringify(made)).digest("hex").slice(0, 16);
  const toolchain = `${version}-${triple}`;
  return { suite: SUITE, packages: PACKAGES, version, sysroot, toolchain, key };
}

async function rustc(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { succeeded, output } = await run(["rustc", ...args], "/", env);
  if (!succeeded) throw new Error(`rustc ${args.join(" ")}: ${output.trim()}`);
  return output;
}
