// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { type ProxyEnvironment, proxyFor } from "../../../src/remote/registry/proxy-for.ts";

const PROXY = "http://proxy.example:3128";

test.each<[string, ProxyEnvironment, string | undefined]>([
  ["https://registry.example", {}, undefined],
  ["https://registry.example", { HTTPS_PROXY: PROXY }, PROXY],
  ["https://registry.example", { HTTP_PROXY: PROXY }, undefined],
  ["http://registry.example", { HTTP_PROXY: PROXY }, PROXY],
  ["https://registry.example", { HTTPS_PROXY: "http://other", https_proxy: PROXY }, PROXY],
  ["https://registry.example", { https_proxy: "" }, undefined],
  ["https://registry.example", { https_proxy: "proxy.example:3128" }, PROXY],
  ["https://localhost:5000", { https_proxy: PROXY }, undefined],
  ["https://127.0.0.1:5000", { https_proxy: PROXY }, undefined],
  ["https://[::1]:5000", { https_proxy: PROXY }, undefined],
])("%s with %j goes through %s", (url, env, proxy) => {
  expect(proxyFor(new URL(url), env)).toBe(proxy);
});

test.each([
  ["registry.example", true],
  ["REGISTRY.example", true],
  ["example", true],
  [".example", true],
  ["*.example", true],
  ["*", true],
  ["other, registry.example", true],
  ["other registry.example", true],
  ["registry.example:443", true],
  ["registry.example:444", false],
  ["gistry.example", false],
  ["registry.example.com", false],
  ["", false],
])("NO_PROXY=%s spares registry.example: %s", (exceptions, spared) => {
  const found = proxyFor(new URL("https://registry.example"), { HTTPS_PROXY: PROXY, NO_PROXY: exceptions });
  expect(found).toBe(spared ? undefined : PROXY);
});

test.each([
  ["https://10.1.2.3", "10.0.0.0/8", true],
  ["https://11.1.2.3", "10.0.0.0/8", false],
  ["https://10.1.2.3", "10.1.2.3", true],
  ["https://10.1.2.3", "2.3", false],
  ["https://10.1.2.3", "10.1.2.3:443", true],
  ["https://10.1.2.3", "10.0.0.0/99", false],
  ["https://10.1.2.3", "10.0.0.0/", false],
  ["https://[fd00::1]", "fd00::/8", true],
  ["https://[fd00::1]", "fd00::1", true],
  ["https://[fd00::1]:5000", "[fd00::1]:5000", true],
  ["https://[fd00::1]", "10.0.0.0/8", false],
])("%s with no_proxy=%s is spared: %s", (url, exceptions, spared) => {
  const found = proxyFor(new URL(url), { HTTPS_PROXY: PROXY, no_proxy: exceptions });
  expect(found).toBe(spared ? undefined : PROXY);
});
