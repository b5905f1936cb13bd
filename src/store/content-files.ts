// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { chmod, copyFile, mkdir, open, readFile, rename, utimes, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { GreenError } from "../error.ts";
import { createLimiter } from "../limiter.ts";
import type { Digest } from "../unit/digest.ts";
import type { OutputFile } from "../unit/record.ts";
import { type Copy, createCopiesAhead } from "./copies-ahead.ts";
import { dropFile } from "./delete-records.ts";
import { statFile } from "./file-stat.ts";
import { fromFileSystem, isMissing } from "./fs-error.ts";
import { type HashedFile, hashBytes, hashFile, hashHandle } from "./hash-file.ts";
import { toBlob, toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import { STORED_MODE, STORED_MTIME_NS, STORED_MTIME_S, type StoreLayout } from "./layout.ts";
import { openForReading } from "./open-for-reading.ts";
import { renameInto } from "./rename-into.ts";
import type { FileStat, LeftFile, PlacedFile, StagedFile, UnitStore } from "./store.ts";
import type { WriteBatch } from "./write-batch.ts";

/** Up to this, a file is written in place: that takes less than a trip to the thread pool. */
const INLINE_LIMIT = 128 * 1024; // 128 KiB
/** Files hashed at once: while one is read, others are hashed, and libuv has four threads. */
const HASH_CONCURRENCY = 3;
/** How often a file that keeps changing under us is looked at again. */
const ATTEMPTS = 4;

export interface ContentFilesOptions {
  readonly index: IndexDatabase;
  readonly layout: StoreLayout;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Bits that files of the user do not get. */
  readonly umask: number;
  /** Undefined: files are fsynced instead (see README.md). */
  readonly bootId: string | undefined;
  readonly batch: WriteBatch;
  /** Told of each file that was put somewhere. */
  readonly onPlaced: (path: string, digest: Digest, stat: FileStat) => void;
}

/** The part of `UnitStore` that is about contents, and what maintenance needs of it. */
export interface ContentFiles
  extends Pick<
    UnitStore,
    | "stage"
    | "stageBytes"
    | "discard"
    | "adopt"
    | "adoptAll"
    | "present"
    | "materialize"
    | "copyAhead"
    | "dropCopies"
    | "expect"
    | "sourceOf"
    | "prepare"
    | "read"
    | "open"
    | "scratchPath"
  > {
  /**
   * The stat of a stored file whose bytes are right: known by its stat, or hashed now.
   * Throws GreenError "corrupt" or "not-found"; the records that named the file are gone then.
   */
  trust(digest: Digest): Promise<FileStat>;
}

interface FileColumns {
  readonly size: number;
  readonly ctime: string | null;
  readonly links: number;
  readonly boot: string;
}

function wrongBytes(digest: Digest): GreenError {
  return new GreenError("corrupt", `The stored file ${digest.slice(0, 12)} had other bytes; it was removed`, {
    hint: "Check the whole store with `cargo green cache verify`",
  });
}

function stillChanging(path: string): GreenError {
  return new GreenError("busy", `The stored file "${path}" keeps changing`, { retryable: true });
}

/** Files by content: staged, adopted, checked, and copied out. */
export function createContentFiles(options: ContentFilesOptions): ContentFiles {
  const { index, layout, now, bootId } = options;
  const limit = createLimiter(HASH_CONCURRENCY);
  const select = index.sql<FileColumns>("SELECT size, ctime, links, boot FROM files WHERE digest = ?");
  const upsert = index.sql(
    `INSERT INTO files (digest, size, ctime, links, boot, seen) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (digest) DO UPDATE SET ctime = excluded.ctime, links = excluded.links, boot = excluded.boot,
       seen = max(seen, excluded.seen)`,
  );
  const update = index.sql("UPDATE files SET ctime = ?, links = ?, seen = max(seen, ?) WHERE digest = ?");
  const selectMany = index.sql<FileColumns & { readonly digest: Uint8Array }>(
    `SELECT digest, size, ctime, links, boot FROM files
     WHERE digest IN (SELECT unhex(value) FROM json_each(?))`,
  );
  /** Rows that were asked for in advance; a row is of use once, as what happens to the file changes it. */
  const expected = new Map<Digest, FileColumns>();
  const claim = index.sql("UPDATE files SET seen = max(seen, ?) WHERE digest = ?");

  /** A write shows in the mtime; who sets that back changes the ctime, and so does each link made or removed. */
  const isAsLeft = (digest: Digest, row: FileColumns, found: FileStat) =>
    row.ctime !== null &&
    found.mtimeNs === STORED_MTIME_NS &&
    BigInt(row.size) === found.size &&
    (BigInt(row.ctime) === found.ctimeNs || row.links !== linksOf(digest));
  const linksOf = (digest: Digest) =>
    statSync(layout.filePath(digest), { throwIfNoEntry: false })?.nlink ?? 0;
  const isWritten = (row: FileColumns) => row.boot === "" || row.boot === bootId;

  const note = (digest: Digest, found: FileStat, boot: string) =>
    upsert.run(toBlob(digest), Number(found.size), String(found.ctimeNs), linksOf(digest), boot, now());

  /** What another name of a file changed. */
  const noteLinks = (digest: Digest, { ctimeNs, names }: PlacedFile) =>
    update.run(String(ctimeNs), names, now(), toBlob(digest));

  const discardPath = (path: string) => rmSync(path, { force: true });

  const stageWith = async (what: string, fill: (path: string) => Promise<void>) => {
    const path = layout.tempPath();
    try {
      await fill(path);
      const stats = statSync(path);
      return { path, size: stats.size, executable: (stats.mode & 0o111) !== 0 };
    } catch (thrown) {
      discardPath(path);
      throw fromFileSystem(thrown, what);
    }
  };

  /** Gives a staged file its final mode and mtime, and hashes it. */
  const seal = async (path: string): Promise<HashedFile> => {
    const handle = await open(path, "r");
    try {
      await handle.chmod(STORED_MODE);
      await handle.utimes(STORED_MTIME_S, STORED_MTIME_S);
      const hashed = await hashHandle(handle);
      if (bootId === undefined) await handle.sync();
      return hashed;
    } finally {
      await handle.close();
    }
  };

  const sealHashed = async ({ path, size }: StagedFile): Promise<Digest> => {
    const hashed = await limit(() => seal(path));
    if (hashed.stable && hashed.size === size) return hashed.digest;
    throw new GreenError("internal", `The staged file "${path}" changed while it was hashed`);
  };

  /** The same of a file whose digest is known: a few system calls take less than as many trips to the thread pool. */
  const sealKnown = ({ path, size }: StagedFile): void => {
    const file = openSync(path, "r");
    try {
      fchmodSync(file, STORED_MODE);
      futimesSync(file, STORED_MTIME_S, STORED_MTIME_S);
      if (fstatSync(file).size !== size)
        throw new GreenError("internal", `The staged file "${path}" changed before it was kept`);
      if (bootId === undefined) fsyncSync(file);
    } finally {
      closeSync(file);
    }
  };

  /** In one transaction with `gc`'s view of the files: the content is there already, or it gets its place. */
  const settle = (path: string, digest: Digest): "moved" | "there" =>
    index.transaction(() => {
      const row = select.get(toBlob(digest));
      const present = row === undefined ? undefined : statFile(layout.filePath(digest));
      if (row !== undefined && present !== undefined && isAsLeft(digest, row, present) && isWritten(row)) {
        claim.run(now(), toBlob(digest));
        return "there";
      }
      renameInto(path, layout.filePath(digest)); // over anything whose bytes are not known
      const moved = statFile(layout.filePath(digest));
      if (moved === undefined)
        throw new GreenError("busy", "A file vanished from the store while it was added");
      note(digest, moved, bootId ?? "");
      return "moved";
    });

  const trust = async (digest: Digest): Promise<FileStat> => {
    const path = layout.filePath(digest);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const row = expected.get(digest) ?? select.get(toBlob(digest));
      expected.delete(digest);
      const found = statFile(path);
      const asLeft = row !== undefined && found !== undefined && isAsLeft(digest, row, found);
      if (asLeft && isWritten(row)) return found;
      let hashed: HashedFile | undefined;
      try {
        hashed = found === undefined ? undefined : await limit(() => hashFile(path));
      } catch (thrown) {
        if (!isMissing(thrown)) throw fromFileSystem(thrown, `Cannot read "${path}"`);
      }
      if (hashed === undefined) {
        if (dropFile(index, layout, digest, undefined) === undefined) continue;
        throw new GreenError("not-found", `The stored file ${digest.slice(0, 12)} is gone`);
      }
      if (hashed.digest !== digest) {
        if (dropFile(index, layout, digest, hashed.stat) === undefined) continue;
        throw wrongBytes(digest);
      }
      if (!hashed.stable) continue;
      if (hashed.stat.mtimeNs !== STORED_MTIME_NS) {
        await utimes(path, STORED_MTIME_S, STORED_MTIME_S);
        continue; // and hash again: something may have written since
      }
      // Read back under another boot than it was written in: its bytes are on the disk.
      note(digest, hashed.stat, asLeft ? "" : (bootId ?? ""));
      return hashed.stat;
    }
    throw stillChanging(path);
  };

  const copyOut = async (source: string, temp: string, executable: boolean) => {
    const flags = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
    try {
      await copyFile(source, temp, flags);
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown;
      await mkdir(dirname(temp), { recursive: true });
      await copyFile(source, temp, flags);
    }
    await chmod(temp, modeOf(executable));
    if (process.platform !== "linux") {
      // A clone keeps the mtime elsewhere. On Linux it is the kernel's own now, which is never ahead of it.
      const moment = new Date();
      await utimes(temp, moment, moment);
    }
  };

  const copyBeside = async (output: OutputFile, destination: string): Promise<Copy> => {
    const source = await trust(output.digest);
    const path = `${dirname(destination)}/.green-${randomUUID()}`;
    try {
      await copyOut(layout.filePath(output.digest), path, output.executable);
    } catch (thrown) {
      discardPath(path);
      throw thrown;
    }
    return { path, source };
  };
  const ahead = createCopiesAhead(copyBeside);

  const modeOf = (executable: boolean) => (executable ? 0o777 : 0o666) & ~options.umask;

  /** How whoever places a file is to find it: as the index has it if that was announced, else as it is seen to be here. */
  const leftOf = async (digest: Digest): Promise<LeftFile> => {
    const row = expected.get(digest);
    expected.delete(digest);
    if (row?.ctime != null && isWritten(row))
      return { size: row.size, mtimeNs: STORED_MTIME_NS, ctimeNs: BigInt(row.ctime), names: row.links };
    const { size, mtimeNs, ctimeNs } = await trust(digest);
    return { size: Number(size), mtimeNs, ctimeNs, names: linksOf(digest) };
  };

  return {
    trust,
    stage: (source) =>
      stageWith(`Cannot copy "${source}" into the store`, async (path) => {
        const flags = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
        if (statSync(source).size > INLINE_LIMIT) await copyFile(source, path, flags);
        else copyFileSync(source, path, flags);
      }),
    stageBytes: (bytes, executable) =>
      stageWith("Cannot write into the store", async (path) => {
        const options = { flag: "wx", mode: executable ? 0o700 : 0o600 };
        if (bytes.length > INLINE_LIMIT) await writeFile(path, bytes, options);
        else writeFileSync(path, bytes, options);
      }),
    adoptAll(files) {
      try {
        index.transaction(() => {
          for (const file of files) {
            sealKnown(file);
            if (settle(file.path, file.digest) === "there") rmSync(file.path);
          }
        });
      } catch (thrown) {
        throw fromFileSystem(thrown, "Cannot add a file to the store");
      }
    },
    present: (digests) =>
      new Set(selectMany.all(JSON.stringify(digests)).map(({ digest }) => toHex<Digest>(digest))),
    async discard(staged) {
      for (const file of staged) discardPath(file.path);
    },
    async adopt(staged, known) {
      try {
        const digest = known ?? (await sealHashed(staged));
        if (known !== undefined) sealKnown(staged);
        if (settle(staged.path, digest) === "there") discardPath(staged.path);
        return { digest, size: staged.size };
      } catch (thrown) {
        discardPath(staged.path);
        throw fromFileSystem(thrown, "Cannot add a file to the store");
      }
    },
    async materialize(output, destination) {
      const source = layout.filePath(output.digest);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        let copy: Copy | undefined;
        try {
          copy = (await ahead.take(output, destination)) ?? (await copyBeside(output, destination));
          const after = statFile(source);
          if (after !== undefined && isUnwritten(copy.source, after)) {
            await rename(copy.path, destination);
            return;
          }
        } catch (thrown) {
          if (copy !== undefined) discardPath(copy.path);
          if (isMissing(thrown) && statFile(source) === undefined) continue; // `trust` says what is to be said
          throw fromFileSystem(thrown, `Cannot write "${destination}"`);
        }
        discardPath(copy.path); // written to while it was copied
      }
      throw stillChanging(source);
    },
    copyAhead: ahead.begin,
    dropCopies: ahead.drop,
    expect(digests) {
      for (const { digest, ...row } of selectMany.all(JSON.stringify(digests)))
        expected.set(toHex(digest), row);
    },
    sourceOf: (digest) => layout.filePath(digest),
    async prepare({ digest, executable }, destination, { link, mtime }) {
      const source = layout.filePath(digest);
      const left = await leftOf(digest);
      const how = {
        link: link && mtime === "stored",
        mode: modeOf(executable),
        mtime: mtime === "stored" ? STORED_MTIME_S : mtime,
      };
      return {
        operation: { kind: "place", source, path: destination, ...how, left },
        done(placed) {
          if (placed.isLink) options.batch.add(() => noteLinks(digest, placed));
          options.onPlaced(destination, digest, placed);
        },
      };
    },
    async open(digest) {
      const { size } = await trust(digest);
      return openForReading(layout.filePath(digest), Number(size));
    },
    scratchPath: () => layout.tempPath(),
    async read(digest) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const found = await trust(digest);
        const bytes = await readFile(layout.filePath(digest)).catch(() => undefined);
        if (bytes === undefined) continue;
        if ((await hashBytes(bytes)) === digest) return bytes;
        // Wrong with the right stat: a rotten disk. Unless it was replaced meanwhile.
        if (dropFile(index, layout, digest, found) !== undefined) throw wrongBytes(digest);
      }
      throw stillChanging(layout.filePath(digest));
    },
  };
}

/** The same bytes; other than the stat as a whole, which changes with each new name of the file. */
function isUnwritten(before: FileStat, after: FileStat): boolean {
  return before.ino === after.ino && before.size === after.size && before.mtimeNs === after.mtimeNs;
}
