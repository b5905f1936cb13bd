// SPDX-License-Identifier: MIT OR Apache-2.0
import { parseUnitUrl, unitUrl } from "../../containerfile/unit-url.ts";
import type { OciDigest } from "../../remote/descriptor.ts";
import type { UnitStore } from "../../store/store.ts";
import type { UnitIdentity } from "../../unit/record.ts";

/** What layers are of, as far as somebody looked into them. */
export interface KnownLayers {
  /** `nothing` for a layer that is no unit's; undefined if nobody looked. */
  find(blob: OciDigest): UnitIdentity | "nothing" | undefined;
  note(blob: OciDigest, identity: UnitIdentity | "nothing"): void;
}

const NAMESPACE = "layers of BuildKit";
const NOTHING = "nothing";

/** Remembers in the local store: a digest always names the same bytes. */
export function knownLayers(store: Pick<UnitStore, "memo" | "remember">): KnownLayers {
  return {
    find(blob) {
      const text = store.memo(NAMESPACE, blob);
      return text === undefined || text === NOTHING ? text : parseUnitUrl(text);
    },
    note: (blob, identity) =>
      store.remember(NAMESPACE, blob, identity === NOTHING ? NOTHING : unitUrl(identity)),
  };
}
