// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Budget } from "./budget.ts";
import { ByteReader } from "./byte-reader.ts";
import { type Bytes, bytesOf } from "./bytes.ts";
import { inflate } from "./inflate.ts";
import { Unsearchable } from "./unsearchable.ts";

const LOCAL_HEADER = Buffer.from("PK\x03\x04", "latin1");
const CENTRAL_HEADER = Buffer.from("PK\x01\x02", "latin1");
const END_RECORD = Buffer.from("PK\x05\x06", "latin1");
/** The end record is followed by a comment of at most 64 KiB. */
const END_SEARCH = 22 + 65535;
const METHODS: Readonly<Record<number, "deflate" | "zstd">> = { 8: "deflate", 93: "zstd" };
const STORED = 0;
const ENCRYPTED = 1;
/** Stands for a number in a Zip64 record. */
const ELSEWHERE = 0xffffffff;

/** True for a file that begins as a zip does. */
export function isZip(bytes: Bytes): boolean {
  return bytes.read(0, 4).equals(LOCAL_HEADER);
}

/** The compressed entries, decompressed, by the central directory. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (6.3.10) */
export function* zipEntries(bytes: Bytes, budget: Budget): Generator<Bytes> {
  const reader = new ByteReader(bytes, "little");
  const tailAt = Math.max(0, bytes.length - END_SEARCH);
  const endInTail = bytes.read(tailAt, END_SEARCH).lastIndexOf(END_RECORD);
  if (endInTail < 0) throw new Unsearchable("it has no directory");
  const endAt = tailAt + endInTail;
  const count = reader.u16(endAt + 10);
  let at = reader.u32(endAt + 16);
  if (count === 0xffff || at === ELSEWHERE) throw new Unsearchable("it is larger than is looked into");
  for (let entry = 0; entry < count; entry++) {
    budget.part();
    if (!reader.slice(at, 4).equals(CENTRAL_HEADER)) throw new Unsearchable("its directory is damaged");
    const [flags, method] = [reader.u16(at + 8), reader.u16(at + 10)];
    const [packed, size, local] = [reader.u32(at + 20), reader.u32(at + 24), reader.u32(at + 42)];
    if ((flags & ENCRYPTED) !== 0) throw new Unsearchable("an entry is encrypted");
    if ([packed, size, local].includes(ELSEWHERE)) throw new Unsearchable("it is larger than is looked into");
    at += 46 + reader.u16(at + 28) + reader.u16(at + 30) + reader.u16(at + 32);
    if (!reader.slice(local, 4).equals(LOCAL_HEADER)) throw new Unsearchable("its directory is damaged");
    const start = local + 30 + reader.u16(local + 26) + reader.u16(local + 28);
    const content = reader.part(start, packed);
    const decompression = METHODS[method];
    if (method === STORED) {
      yield content;
      continue;
    }
    if (decompression === undefined) throw new Unsearchable("an entry is compressed in an unknown way");
    yield bytesOf(inflate(content, decompression, budget, size));
  }
}
