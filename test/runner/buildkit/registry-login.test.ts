// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { CredentialProvider } from "../../../src/remote/credentials/credential.ts";
import { openRegistry } from "../../../src/remote/registry/open-registry.ts";
import { BUILDERS, buildersOn } from "../../support/engines/builders.ts";
import { describeWithEngines } from "../../support/engines.ts";
import { pushImage } from "../../support/remote-content.ts";
import { REGISTRY_CREDENTIALS } from "../../support/services/credentials.ts";
import { describeWith } from "../../support/services/needs.ts";
import { startRegistry } from "../../support/services.ts";
import { openTestRunner, unitsOf } from "./fixtures.ts";

vi.setConfig({ testTimeout: 60_000 });

const loggedIn: CredentialProvider = async () => ({ kind: "basic", ...REGISTRY_CREDENTIALS });

/** What an image is that has no layers where its manifest has one: enough to see whether it is let go. */
async function privateImage(auth: "basic" | "token") {
  const registry = await startRegistry({ version: "v3", auth });
  onTestFinished(() => registry.close());
  const remote = await openRegistry({
    ...{ name: "team", url: `oci://${registry.host}/acme/base`, env: {}, userAgent: "test" },
    credentials: loggedIn,
  });
  onTestFinished(() => remote.close());
  const { digest } = await pushImage(remote, randomUUID(), "tag");
  return { host: registry.host, reference: `${registry.host}/acme/base@${digest}` };
}

describeWith(["registry"], "Of a registry that wants a login", () => {
  describeWithEngines(BUILDERS, "a base image", (engines) => {
    const builders = buildersOn(engines);

    describe.each(BUILDERS)("on the BuildKit of %s", (name) => {
      test.each(["basic", "token"] as const)("is had as the user is logged in, by %s", async (auth) => {
        const { host, reference } = await privateImage(auth);
        const asked = new Set<string>();
        const credentials: CredentialProvider = async (registry, repository) => {
          asked.add(registry);
          return loggedIn(registry, repository);
        };
        const runner = await openTestRunner(builders[name], { credentials });
        await expect(runner.runUnit(unitsOf(reference).script("exit 0"))).rejects.toMatchObject({
          ...{ code: "refused", message: expect.stringContaining("mismatched image rootfs") },
        });
        expect([...asked]).toEqual([host]);
      });

      test.each(["basic", "token"] as const)("is denied to who is not, by %s", async (auth) => {
        const { reference } = await privateImage(auth);
        const runner = await openTestRunner(builders[name]);
        await expect(runner.runUnit(unitsOf(reference).script("exit 0"))).rejects.toMatchObject({
          ...{ code: "denied", hint: expect.stringContaining("docker login") },
        });
      });
    });
  });
});
