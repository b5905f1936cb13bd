// SPDX-License-Identifier: MIT OR Apache-2.0
import { atOnce } from "../../at-once.ts";
import type { Descriptor } from "../../remote/descriptor.ts";
import { encodePackConfig } from "../../remote/format/pack-config.ts";
import type { LayerFile } from "../../remote/format/segment.ts";
import { unitTag } from "../../remote/format/tag.ts";
import { makeUnitImage, RECORD_PATH } from "../../remote/format/unit-image.ts";
import { FILES_ROOT } from "../../remote/format/unit-paths.ts";

import { OCI_MANIFEST } from "../../remote/media-types.ts";
import type { Remote } from "../../remote/remote.ts";
import type { UnitStore } from "../../store/store.ts";
import type { UnitRecord } from "../../unit/record.ts";
import { inMemory } from "./pack-parts.ts";
import type { UnplacedUnit } from "./pack-units.ts";
import type { Pushed, PushOptions } from "./push-options.ts";
import { type LayerOptions, makeLayer, type PushingStore, sendFiles } from "./send-layers.ts";
import { noteUnitImages } from "./units-there.ts";
import { UploadEstimate } from "./upload-estimate.ts";

/** Images that are made and sent at once: each is a few requests, most of which wait for an answer. */
const CONCURRENCY = 6;

const NO_FILES: LayerFile = {
  path: `${FILES_ROOT}/`,
  size: 0,
  executable: false,
  async *open() {},
};

export interface PushUnitsOptions extends PushOptions {
  /** Told of each unit whose tag leads to it now. */
  readonly onUnit?: ((record: UnitRecord) => void) | undefined;
}

/**
 * Sends units one by one, each as an image with a tag of its own. The tag of a key leads to the result that was sent
 * last. Throws as the remote and the store do, when what was begun is done: what was sent until then is there.
 *
 * @param units as `packedUnits` gives them: in the form that may be seen there
 */
export async function pushUnits(
  units: readonly UnplacedUnit[],
  remote: Remote,
  store: PushingStore & Pick<UnitStore, "memo" | "remember">,
  options: PushUnitsOptions = {},
): Promise<Pushed> {
  let [bytes, layers] = [0, 0];
  const sizeOf = ({ record }: UnplacedUnit) => record.outputs.reduce((sum, { size }) => sum + size, 0);
  const all = units.reduce((sum, unit) => sum + sizeOf(unit), 0);
  const estimate = new UploadEstimate(all, options.onExpected ?? (() => {}));
  await atOnce(CONCURRENCY, units, async (unit) => {
    const onMade = ({ size }: Descriptor) => estimate.made(sizeOf(unit), size);
    const sent = await pushUnit(unit, remote, store, { ...options, onMade });
    bytes += sent.reduce((sum, { size }) => sum + size, 0);
    layers += sent.length;
    noteUnitImages(remote, [unit.record], store);
    options.onUnit?.(unit.record);
  });
  return { bytes, layers };
}

/** Sends one unit, its manifest last; returns its layers. */
async function pushUnit(
  unit: UnplacedUnit,
  remote: Remote,
  store: PushingStore,
  { onMade, ...options }: LayerOptions,
): Promise<readonly Descriptor[]> {
  const { outputs } = unit.record;
  const files =
    outputs.length === 0 ? [] : [await makeLayer([unit.record], remote, store, { ...options, onMade })];
  return sendImage(unit, files, remote, store, options);
}

/** Makes and sends an image of a unit whose layer is there, if it has files, and lets its tag lead to it; returns its layers. */
export async function sendImage(
  unit: UnplacedUnit,
  files: readonly Descriptor[],
  remote: Remote,
  store: Pick<PushingStore, "scratchPath">,
  options: PushOptions,
): Promise<readonly Descriptor[]> {
  const { record } = unit;
  const layers = [...files, await sendRecord(unit, files.length > 0, remote, store, options)];
  const { config, manifest } = makeUnitImage(record, layers);
  await remote.pushBlob(inMemory(config.descriptor, config.bytes), options);
  const tag = unitTag(record.identity, record.key);
  await remote.pushManifest({ mediaType: OCI_MANIFEST, bytes: manifest, tag }, options);
  return layers;
}

/**
 * The record as the last layer of an image: a pack's config of one unit. With it goes the directory that holds the files
 * of other images, where there are none: copying from a directory that is not there fails.
 */
function sendRecord(
  unit: UnplacedUnit,
  hasFiles: boolean,
  remote: Remote,
  store: Pick<PushingStore, "scratchPath">,
  options: PushOptions,
): Promise<Descriptor> {
  const bytes = encodePackConfig([{ ...unit, layer: hasFiles ? 0 : undefined }]);
  const open = async function* () {
    yield bytes;
  };
  const file = { path: RECORD_PATH, size: bytes.length, executable: false, open };
  return sendFiles([hasFiles ? [file] : [NO_FILES, file]], remote, store, options);
}
