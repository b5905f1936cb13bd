// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { LayersAhead, noteLayers } from "../../../src/broker/share/layers-ahead.ts";
import { type Descriptor, toOci } from "../../../src/remote/descriptor.ts";
import { OCI_LAYER_ZSTD } from "../../../src/remote/media-types.ts";
import { digestOf } from "../../../src/unit/digest.ts";

const layer = (text: string, size = 1): Descriptor => ({
  mediaType: OCI_LAYER_ZSTD,
  digest: toOci(digestOf(text)),
  size,
});

/** A remote that tells which layers are being read, and a store that keeps notes. */
function setting() {
  const [asked, left, notes]: [Descriptor[], Descriptor[], Map<string, string>] = [[], [], new Map()];
  const remote = {
    name: "team",
    async *blob(descriptor: Descriptor) {
      asked.push(descriptor);
      try {
        if (descriptor.size === 0) throw new Error("there is no such layer");
        yield Buffer.from("one ");
        yield Buffer.from("two");
      } finally {
        left.push(descriptor);
      }
    },
  };
  const store = {
    memo: (namespace: string, key: string) => notes.get(`${namespace} ${key}`),
    remember: (namespace: string, key: string, value: string) => void notes.set(`${namespace} ${key}`, value),
  };
  return { ahead: new LayersAhead(remote), asked, left, store };
}

async function text(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all).toString();
}

test("layers are asked for at once, once, and are whole for who wants them", async () => {
  const { ahead, asked, store } = setting();
  const [a, b, c] = [layer("a"), layer("b", 2), layer("c")];
  ahead.begin([a, b], store, {});
  expect(asked).toEqual([b, a]); // what takes longest, first
  expect(await Promise.all([a, b, c].map((each) => text(ahead.blob(each))))).toEqual(
    Array(3).fill("one two"),
  );
  expect(asked).toEqual([b, a, c]);
});

test("layers that nobody wants are left, and those that this machine knows are not asked for", async () => {
  const { ahead, asked, left, store } = setting();
  noteLayers([layer("known")], store);
  ahead.begin([layer("known"), layer("wanted"), layer("unwanted")], store, {});
  await text(ahead.blob(layer("wanted")));
  ahead.leave();
  await new Promise(setImmediate);
  expect(asked).toEqual([layer("wanted"), layer("unwanted")]);
  expect(left).toEqual(asked);
});

test("what goes wrong is heard of by who wants the layer alone", async () => {
  const { ahead, store } = setting();
  const [a, b] = [layer("a", 0), layer("b", 0)];
  ahead.begin([a, b], store, {});
  await expect(text(ahead.blob(a))).rejects.toThrow("there is no such layer");
  ahead.leave();
});
