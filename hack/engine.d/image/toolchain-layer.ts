// SPDX-License-Identifier: MIT OR Apache-2.0
import { createReadStream } from "node:fs";
import { readdir, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import type { Recipe } from "./recipe.ts";

/** Where the official images of Rust have things. */
export const RUSTUP_HOME = "/usr/local/rustup";
export const CARGO_HOME = "/usr/local/cargo";

/** Manuals: more than half of a toolchain. */
const LEFT_OUT = "share";

/** The bytes of a tar file with the toolchain where rustup would have put it, and its programs in Cargo's `bin`. */
export async function* toolchainLayer(recipe: Recipe): AsyncGenerator<Uint8Array> {
  const tar = pack();
  const filled = addToolchain(tar, recipe).then(() => tar.finalize());
  filled.catch((error: Error) => tar.destroy(error));
  for await (const chunk of tar) yield chunk as Uint8Array;
  await filled;
}

async function addToolchain(tar: Pack, { sysroot, toolchain }: Recipe): Promise<void> {
  const home = `${RUSTUP_HOME.slice(1)}/toolchains/${toolchain}`;
  await addDirectory(tar, sysroot, home, (name) => name !== LEFT_OUT);
  for (const name of (await readdir(join(sysroot, "bin"))).sort()) {
    const link = `${CARGO_HOME.slice(1)}/bin/${name}`;
    tar.entry({ name: link, type: "symlink", linkname: `/${home}/bin/${name}`, mtime: new Date(0) });
  }
}

async function addDirectory(
  tar: Pack,
  from: string,
  to: string,
  included: (name: string) => boolean,
): Promise<void> {
  tar.entry({ name: to, type: "directory", mode: 0o755, mtime: new Date(0) });
  const entries = await readdir(from, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const source = join(from, entry.name);
    const name = `${to}/${entry.name}`;
    if (!included(entry.name)) continue;
    if (entry.isDirectory()) await addDirectory(tar, source, name, () => true);
    else if (entry.isSymbolicLink())
      tar.entry({ name, type: "symlink", linkname: await readlink(source), mtime: new Date(0) });
    else await addFile(tar, source, name);
  }
}

async function addFile(tar: Pack, source: string, name: string): Promise<void> {
  const { size, mode } = await stat(source);
  const entry = tar.entry({ name, size, mode: (mode & 0o111) === 0 ? 0o644 : 0o755, mtime: new Date(0) });
  await pipeline(createReadStream(source), entry);
}
