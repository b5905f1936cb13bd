// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RegistryOptions } from "../../../src/remote/registry/open-registry.ts";
import type { FakeRegistryOptions } from "../../support/fake-registry.ts";
import { FakeRegistries } from "../../support/open-fake.ts";
import { type ContractSubject, remoteContract } from "../contract.ts";

function fake(server: FakeRegistryOptions, client: Partial<RegistryOptions> = {}) {
  return async (): Promise<ContractSubject> => {
    const fakes = new FakeRegistries();
    const registry = await fakes.start(server);
    const { blobs } = registry.repository("acme/cache");
    return {
      remote: await fakes.client(registry, client),
      reopen: () => fakes.client(registry, client),
      async damage(digest) {
        const bytes = blobs.get(digest);
        if (bytes !== undefined) blobs.set(digest, Buffer.from(bytes.map((byte) => byte ^ 1)));
      },
      close: () => fakes.close(),
    };
  };
}

const user = async () => ({ kind: "basic", username: "user", password: "hunter2" }) as const;

remoteContract("a registry", fake({}));

remoteContract(
  "a registry that wants tokens, takes small chunks only and removes nothing",
  fake(
    { login: { kind: "bearer", users: { user: "hunter2" } }, removes: false, maxBody: 2_500_000, maxPage: 4 },
    { credentials: user, uploads: { wholeBytes: 50_000, chunkBytes: 150_000 } },
  ),
  { removes: false },
);

remoteContract(
  "an odd registry",
  fake(
    {
      ...{ login: { kind: "basic", users: { user: "hunter2" } }, takesChunks: false, mounts: false },
      ...{ unsorted: true, links: "none", ignoresRange: true },
    },
    { credentials: user, uploads: { wholeBytes: 50_000, chunkBytes: 40_000 } },
  ),
);
