// SPDX-License-Identifier: MIT OR Apache-2.0
import { openRegistry, type RegistryOptions } from "../../src/remote/registry/open-registry.ts";
import type { Remote } from "../../src/remote/remote.ts";
import { type FakeRegistry, type FakeRegistryOptions, startFakeRegistry } from "./fake-registry.ts";

/** Registries of a test and clients of them, which it closes together. */
export class FakeRegistries {
  readonly #open: { close(): Promise<void> }[] = [];

  async start(options?: FakeRegistryOptions): Promise<FakeRegistry> {
    const registry = await startFakeRegistry(options);
    this.#open.push(registry);
    return registry;
  }

  /** A client that loses no time between attempts. */
  async client({ host }: { host: string }, options: Partial<RegistryOptions> = {}): Promise<Remote> {
    const remote = await openRegistry({
      ...{ name: "team", url: `oci://${host}/acme/cache`, env: {}, userAgent: "test" },
      credentials: async () => undefined,
      ...options,
      retries: { baseMs: 1, maxMs: 5, ...options.retries },
    });
    this.#open.push(remote);
    return remote;
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((each) => each.close()));
  }
}
