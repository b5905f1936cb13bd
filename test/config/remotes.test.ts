// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { allRemotes, remoteNamed } from "../../src/config/remotes.ts";
import { combine } from "../../src/config/resolve.ts";
import { type FoundFields, sourceOf } from "../../src/config/source.ts";

const place = { directory: "/project", home: "/home/ann" };
const remote = (url: string, visibility: string): FoundFields =>
  new Map([
    ["url", { value: url, origin: { kind: "default" } }],
    ["visibility", { value: visibility, origin: { kind: "default" } }],
  ]);

function configured(): Config {
  const remotes = new Map([
    ["team", remote("oci://registry.example/rust/cache", "private")],
    ["disk", remote("oci-layout:/project/layout", "private")],
  ]);
  return combine([sourceOf(new Map(), { remotes })], { HOME: "/home/ann" }).config;
}

test("a name is looked up, and one that is not there is refused with the nearest", () => {
  const config = configured();
  expect(remoteNamed(config, "team", place)).toEqual({ name: "team", ...config.remotes["team"] });
  expect(() => remoteNamed(config, "taem", place)).toThrow(
    expect.objectContaining({ code: "usage", hint: 'did you mean "team"?' }),
  );
  expect(() => remoteNamed(config, "elsewhere", place)).toThrow(
    expect.objectContaining({ hint: expect.stringMatching(/^there are team, disk, or/) }),
  );
  expect(() => remoteNamed(config, "constructor", place)).toThrow('There is no remote "constructor"');
});

test("an address is a public remote, unless the settings know it", () => {
  const config = configured();
  expect(remoteNamed(config, "s3://bucket/green?region=eu-central-1", place)).toEqual({
    name: "s3://bucket/green?region=eu-central-1",
    url: "s3://bucket/green?region=eu-central-1",
    visibility: "public",
    push: true,
    pull: true,
    unitTags: false,
    insecure: false,
    ca: undefined,
    clientCert: undefined,
    clientKey: undefined,
    mirrors: [],
    budgetMs: 2000,
  });
  expect(remoteNamed(config, "oci://registry.example/rust/cache/", place)).toMatchObject({
    name: "team",
    visibility: "private",
  });
  expect(remoteNamed(config, "oci://registry.example/rust/cache2", place).visibility).toBe("public");
});

test("a layout's path counts from the given directory", () => {
  expect(remoteNamed(configured(), "oci-layout:layout", place)).toMatchObject({ name: "disk" });
  expect(remoteNamed(configured(), "oci-layout:../out.tar", place).url).toBe("oci-layout:/out.tar");
});

test("what is no address is refused with what is wrong with it", () => {
  expect(() => remoteNamed(configured(), "https://registry.example/x", place)).toThrow(
    "is no address of a remote",
  );
  expect(() => remoteNamed(configured(), "oci://u:hunter2@registry.example/x", place)).toThrow("credentials");
});

test("all remotes have their names", () => {
  expect(allRemotes(configured()).map(({ name, url }) => [name, url])).toEqual([
    ["team", "oci://registry.example/rust/cache"],
    ["disk", "oci-layout:/project/layout"],
  ]);
});
