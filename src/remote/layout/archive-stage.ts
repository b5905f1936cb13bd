// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GreenError } from "../../error.ts";
import { type Digest, isSha256 } from "../../unit/digest.ts";
import { type Descriptor, toOci } from "../descriptor.ts";
import type { BlobSource } from "../remote.ts";
import type { ArchiveFiles } from "./archive-files.ts";
import { DirectoryFiles } from "./directory-files.ts";
import { fromFiles } from "./file-error.ts";
import { LayoutDirectory } from "./layout-directory.ts";
import { BLOBS, INDEX_FILE, LAYOUT_VERSION, VERSION_FILE } from "./layout-files.ts";
import { sweepAbandonedStages } from "./layout-garbage.ts";
import { formatIndex } from "./layout-index.ts";
import { LayoutReader } from "./layout-reader.ts";
import { ManifestGraph } from "./manifest-graph.ts";
import { writeFileAside } from "./put-file.ts";
import { type ArchivedBlob, archiveOf } from "./write-archive.ts";

/** An archive unpacked beside itself, to be changed and written again. */
export class ArchiveStage {
  readonly layout: LayoutDirectory;
  readonly #side: string;
  readonly #path: string;
  readonly #directory: string;

  private constructor(path: string, directory: string, side: string) {
    this.#path = path;
    this.#directory = directory;
    this.#side = side;
    this.layout = new LayoutDirectory(side, `oci-layout:${path}`, join(directory, "layout"), false);
  }

  /**
   * Unpacks an archive, or begins a new one. Damaged blobs are left behind.
   * @throws GreenError "refused" if it holds what only others understand, which would be lost
   */
  static async unpack(path: string, files: ArchiveFiles, side: string): Promise<ArchiveStage> {
    const reader = new LayoutReader(side, files);
    const index = await reader.index();
    const names = [...(await files.list()).keys()];
    if (!names.every(isOurs) || index.entries.some(({ descriptor }) => descriptor === undefined)) {
      throw new GreenError("refused", `"${path}" holds other things than an OCI layout of sha256`, {
        side,
        hint: "take a file that is not there yet",
      });
    }
    const prefix = `.${basename(path)}.`;
    const stage = new ArchiveStage(path, join(dirname(path), `${prefix}${randomUUID()}`), side);
    try {
      await sweepAbandonedStages(dirname(path), prefix);
      const root = join(stage.#directory, "layout");
      await mkdir(root, { recursive: true });
      await writeFile(join(root, INDEX_FILE), formatIndex(index));
      await writeFile(join(root, VERSION_FILE), JSON.stringify({ imageLayoutVersion: LAYOUT_VERSION }));
      for (const [name, { size }] of await files.list()) await stage.#take(reader, name, size);
      return stage;
    } catch (thrown) {
      await stage.discard();
      throw fromFiles(thrown, stage.#directory, side);
    }
  }

  /** Writes what manifests refer to over the archive. */
  async write(): Promise<void> {
    const root = join(this.#directory, "layout");
    const reader = new LayoutReader(this.#side, new DirectoryFiles(root, this.#side));
    const index = await reader.index();
    const all = await listBlobs(root, this.#side);
    const used = await new ManifestGraph(reader).reach(
      index.entries.flatMap(({ descriptor }) => descriptor ?? []),
    );
    const blobs = used === undefined ? all : all.filter(({ digest }) => used.has(digest));
    const file = await writeFileAside(archiveOf(reader, index, blobs), {
      ...{ directory: this.#directory, readOnly: false, durable: true, side: this.#side },
    });
    await file.moveTo(this.#path);
  }

  async discard(): Promise<void> {
    await this.layout.close().catch(() => {});
    await rm(this.#directory, { recursive: true, force: true }).catch(() => {});
  }

  async #take(reader: LayoutReader, name: string, size: number): Promise<void> {
    if (!name.startsWith(`${BLOBS}/`)) return;
    const descriptor: Descriptor = {
      ...{ mediaType: "application/octet-stream", size },
      digest: toOci(name.slice(BLOBS.length + 1) as Digest),
    };
    const source: BlobSource = { descriptor, open: () => reader.blob(descriptor) };
    await this.layout.pushBlob(source).catch((thrown: unknown) => {
      if (!(thrown instanceof GreenError && thrown.code === "corrupt")) throw thrown;
    });
  }
}

function isOurs(name: string): boolean {
  if (name === INDEX_FILE || name === VERSION_FILE) return true;
  return name.startsWith(`${BLOBS}/`) && isSha256(name.slice(BLOBS.length + 1));
}

async function listBlobs(root: string, side: string): Promise<readonly ArchivedBlob[]> {
  const files = new DirectoryFiles(root, side);
  const blobs: ArchivedBlob[] = [];
  for (const digest of await readdir(join(root, BLOBS))) {
    const file = await files.open(`${BLOBS}/${digest}`);
    if (file === undefined || !isSha256(digest)) continue;
    blobs.push({ digest, size: file.size });
    await file.close();
  }
  return blobs;
}
