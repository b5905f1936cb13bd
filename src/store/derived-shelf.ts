// SPDX-License-Identifier: MIT OR Apache-2.0
import type { InstanceId } from "../unit/digest.ts";
import { toBlob, toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { DerivedFile, UnitStore } from "./store.ts";

/** The part of `UnitStore` that is about what was made of records. A rebuilt index knows nothing of it: `gc` sweeps it then. */
export function createDerivedShelf(index: IndexDatabase): Pick<UnitStore, "derived" | "keepDerived"> {
  const select = index.sql<{ instance: Uint8Array; digest: Uint8Array; size: number; note: string }>(
    `SELECT instance, digest, files.size, note FROM derived
     JOIN records ON records.id = derived.record JOIN files ON files.id = derived.file
     WHERE instance IN (SELECT unhex(value) FROM json_each(?))`,
  );
  const forget = index.sql("DELETE FROM derived WHERE record = (SELECT id FROM records WHERE instance = ?)");
  const insert = index.sql(
    `INSERT INTO derived (record, file, note)
     SELECT records.id, files.id, ? FROM records, files WHERE instance = ? AND digest = ?`,
  );
  return {
    derived: (instances) =>
      new Map(
        select
          .all(JSON.stringify(instances))
          .map(({ instance, digest, size, note }): [InstanceId, DerivedFile] => [
            toHex<InstanceId>(instance),
            { digest: toHex(digest), size, note },
          ]),
      ),
    keepDerived(instance, { digest, note }) {
      index.transaction(() => {
        forget.run(toBlob(instance));
        insert.run(note, toBlob(instance), toBlob(digest));
      });
    },
  };
}
