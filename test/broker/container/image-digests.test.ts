// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, it } from "vitest";
import { type ImageDigestContext, imageDigests } from "../../../src/broker/container/image-digests.ts";
import { parseImage } from "../../../src/containerfile/base/image-reference.ts";
import { TAG_ALONE } from "../../../src/containerfile/base/pin-base.ts";
import { GreenError } from "../../../src/error.ts";

const IMAGE = parseImage("registry.example/rust:1.95.0");
const ENGINES = `sha256:${"e".repeat(64)}` as const;
const REGISTRYS = `sha256:${"f".repeat(64)}` as const;

const ENGINE_IMAGE = {
  id: "",
  platform: "linux/amd64",
  config: { env: [], entrypoint: [], cmd: [], workingDir: "", user: "", labels: {} },
};

function fail(message: string): () => Promise<never> {
  return async () => {
    throw new GreenError("unreachable", message);
  };
}

function digests(engine: ImageDigestContext["engine"], ask: Parameters<typeof imageDigests>[1]) {
  const memo = new Map<string, string>();
  const store = {
    memo: (_: string, key: string) => memo.get(key),
    remember: (_: string, key: string, value: string) => void memo.set(key, value),
  };
  return imageDigests({ engine, env: {}, cwd: "/", store }, ask);
}

it("are the engine's own first, then the registry's, which is not asked again", async () => {
  const image = async () => ({ ...ENGINE_IMAGE, repoDigests: [`registry.example/rust@${ENGINES}`] });
  expect(await digests({ image }, fail("the registry"))(IMAGE)).toBe(ENGINES);
  let asked = 0;
  const digestOf = digests(undefined, async () => {
    asked += 1;
    return REGISTRYS;
  });
  expect([await digestOf(IMAGE), await digestOf(IMAGE), asked]).toEqual([REGISTRYS, REGISTRYS, 1]);
});

it("are none for what an engine has by a tag alone, or by the digest of another name", async () => {
  for (const repoDigests of [[], [`other.example/rust@${ENGINES}`]]) {
    const image = async () => ({ ...ENGINE_IMAGE, repoDigests });
    expect(await digests({ image }, fail("the registry"))(IMAGE)).toBe(TAG_ALONE);
  }
});

it("are missing because of the engine, if that does not answer either", async () => {
  const engine = { image: fail("no engine") };
  await expect(digests(engine, fail("no registry"))(IMAGE)).rejects.toThrow(/^no engine$/);
  await expect(digests(undefined, fail("no registry"))(IMAGE)).rejects.toMatchObject({
    message: "The base image registry.example/rust:1.95.0 cannot be looked up: no registry",
    hint: expect.stringContaining("registry-mirrors"),
  });
});
