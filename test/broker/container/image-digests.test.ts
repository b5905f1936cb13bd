// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, it } from "vitest";
import { type ImageDigestContext, imageDigests } from "../../../src/broker/container/image-digests.ts";
import { parseImage } from "../../../src/containerfile/base/image-reference.ts";
import { TAG_ALONE } from "../../../src/containerfile/base/pin-base.ts";
import { GreenError } from "../../../src/error.ts";

const IMAGE = parseImage("registry.example/rust:1.95.0");
const ENGINES = `sha256:${"e".repeat(64)}` as const;
const REGISTRYS = `sha256:${"f".repeat(64)}` as const;

function fail(message: string): () => Promise<never> {
  return async () => {
    throw new GreenError("unreachable", message);
  };
}

function digests(owner: ImageDigestContext["owner"], ask: Parameters<typeof imageDigests>[1]) {
  const memo = new Map<string, string>();
  const store = {
    memo: (_: string, key: string) => memo.get(key),
    remember: (_: string, key: string, value: string) => void memo.set(key, value),
  };
  return imageDigests({ owner, env: {}, cwd: "/", store }, ask);
}

it("are the owner's first, then the registry's, which is not asked again", async () => {
  const image = async () => ({ repoDigests: [`registry.example/rust@${ENGINES}`] });
  expect(await digests({ image }, fail("the registry"))(IMAGE)).toBe(ENGINES);
  let asked = 0;
  const digestOf = digests(undefined, async () => {
    asked += 1;
    return REGISTRYS;
  });
  expect([await digestOf(IMAGE), await digestOf(IMAGE), asked]).toEqual([REGISTRYS, REGISTRYS, 1]);
});

it("are none for what its owner has by a tag alone, or by the digest of another name", async () => {
  for (const repoDigests of [[], [`other.example/rust@${ENGINES}`]]) {
    const image = async () => ({ repoDigests });
    expect(await digests({ image }, fail("the registry"))(IMAGE)).toBe(TAG_ALONE);
  }
});

it("are missing because of the owner, if that does not answer either", async () => {
  const engine = { image: fail("no engine") };
  await expect(digests(engine, fail("no registry"))(IMAGE)).rejects.toThrow(/^no engine$/);
  await expect(digests(undefined, fail("no registry"))(IMAGE)).rejects.toMatchObject({
    message: "The base image registry.example/rust:1.95.0 cannot be looked up: no registry",
    hint: expect.stringContaining("registry-mirrors"),
  });
});
