// SPDX-License-Identifier: MIT OR Apache-2.0
import type { InstanceId, UnitKey } from "../unit/digest.ts";
import { toBlob, toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { Artifact, UnitStore } from "./store.ts";
import type { WriteBatch } from "./write-batch.ts";

interface ArtifactColumns {
  readonly digest: Uint8Array;
  readonly key: Uint8Array;
  readonly instance: Uint8Array;
}

/** What is known of files in target directories, by path. */
export function createArtifactIndex(
  index: IndexDatabase,
  batch: WriteBatch,
  now: () => number,
): Pick<UnitStore, "artifact" | "rememberArtifacts"> {
  const unwritten = new Map<string, Artifact>();
  const select = index.sql<ArtifactColumns>("SELECT digest, key, instance FROM artifacts WHERE path = ?");
  const upsert = index.sql(
    "INSERT OR REPLACE INTO artifacts (path, digest, key, instance, seen) VALUES (?, ?, ?, ?, ?)",
  );
  batch.onEmptied(() => unwritten.clear());

  return {
    artifact(path) {
      const recent = unwritten.get(path);
      if (recent !== undefined) return recent;
      const row = select.get(path);
      if (row === undefined) return undefined;
      const { digest, key, instance } = row;
      return { path, digest: toHex(digest), key: toHex<UnitKey>(key), instance: toHex<InstanceId>(instance) };
    },
    rememberArtifacts(artifacts) {
      for (const artifact of artifacts) {
        const { path, digest, key, instance } = artifact;
        unwritten.set(path, artifact);
        batch.add(() => upsert.run(path, toBlob(digest), toBlob(key), toBlob(instance), now()));
      }
    },
  };
}
