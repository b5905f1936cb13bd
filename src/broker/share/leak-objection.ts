// SPDX-License-Identifier: MIT OR Apache-2.0

import { createLimiter } from "../../limiter.ts";
import { unitAnnotations } from "../../remote/format/annotations.ts";
import { unitTag } from "../../remote/format/tag.ts";
import type { UnitStore } from "../../store/store.ts";
import type { Digest } from "../../unit/digest.ts";
import { bytesOf, rangedBytes } from "../../unit/leaks/bytes.ts";
import { findLeaks } from "../../unit/leaks/find-leaks.ts";
import type { PrivateWords } from "../../unit/leaks/private-words.ts";
import { type Leak, leakReason, scanFile } from "../../unit/leaks/scan.ts";
import type { PublicLists } from "../../unit/privacy.ts";
import type { OutputFile, Privacy } from "../../unit/record.ts";
import { privatePlace } from "../private-places.ts";
import { privateVariable } from "../private-variables.ts";
import { isOwnEntry, ownMaking } from "./own-call.ts";
import type { ShareableUnit } from "./pack-units.ts";
import { publicEntry, publicRecord } from "./public-form.ts";
import type { Objection } from "./push-plan.ts";

/** Where the answers of earlier searches are: by the digests of the file and of what is looked for. */
const NAMESPACE = "leaks";

/** A file above this is searched by itself, and through a window. */
const LARGE = 4 * 1024 * 1024; // 4 MiB

/** Why a unit must not be seen by everybody: its class, or what stands in its files, its record or its tag. */
export function leakObjection(
  store: Pick<UnitStore, "read" | "open" | "memo" | "remember">,
  words: PrivateWords,
  { allowEnv }: Pick<PublicLists, "allowEnv">,
): Objection {
  const oneByOne = createLimiter(1);
  const scan = async (path: string, digest: Digest) =>
    scanFile(path, bytesOf(await store.read(digest)), words);
  const scanLarge = async (path: string, digest: Digest) => {
    const file = await store.open(digest);
    try {
      return await scanFile(path, rangedBytes(file.size, file.read), words);
    } finally {
      file.close();
    }
  };
  const search = async ({ path, digest, size }: OutputFile): Promise<readonly Leak[]> => {
    const key = `${digest} ${words.digest}`;
    const known = store.memo(NAMESPACE, key);
    if (known !== undefined)
      return known === "" ? [] : known.split("\n").map((what) => ({ what, where: path }));
    const leaks = await (size > LARGE ? oneByOne(() => scanLarge(path, digest)) : scan(path, digest));
    store.remember(NAMESPACE, key, leaks.map(({ what }) => what).join("\n"));
    return leaks;
  };
  return async (unit) => {
    const { record } = unit;
    const { privacy, provenance } = record;
    if (privacy.class === "private") return privacy;
    // Whatever its class says: it was decided by the settings of whoever made it.
    if (provenance.sandbox.mode === "none") return because("made without a sandbox");
    const own = privatePlace(record.inputs) ?? privateVariable(record.inputs, allowEnv) ?? ownMaking(record);
    if (own !== undefined) return because(own);
    const [said] = findLeaks(documentsOf(unit), words);
    if (said !== undefined) return because(`its ${said.where} contains the ${said.what}`);
    for (const output of record.outputs) {
      const [leak] = await search(output);
      if (leak !== undefined) return because(leakReason(leak));
    }
    return undefined;
  };
}

function because(reason: string): Privacy {
  return { class: "private", reason };
}

/** All that would be sent besides files. */
function documentsOf({ record, entries }: ShareableUnit) {
  const shown = entries.filter(({ entry }) => !isOwnEntry(entry, record));
  return [
    { name: "record", content: publicRecord(record) },
    { name: "fingerprint", content: shown.map(({ entry }) => publicEntry(entry)) },
    { name: "annotations", content: unitAnnotations(record) },
    { name: "tag", content: unitTag(record.identity, record.key) },
  ];
}
