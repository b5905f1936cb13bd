// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { FakeRegistryOptions } from "../../support/fake-registry.ts";
import { FakeRegistries } from "../../support/open-fake.ts";
import { listed } from "../../support/remote-content.ts";

vi.setConfig({ testTimeout: 120_000 });

const fakes = new FakeRegistries();
afterEach(() => fakes.close());

async function withTags(names: readonly string[], options: FakeRegistryOptions = {}) {
  const registry = await fakes.start(options);
  const { tags, manifests } = registry.repository("acme/cache");
  manifests.set("sha256:x", { type: "", bytes: Buffer.alloc(0) });
  for (const name of names) tags.set(name, "sha256:x");
  return { registry, remote: await fakes.client(registry) };
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `t${String(at).padStart(6, "0")}`);
}

/** The same order each time, but none. */
function shuffled(names: readonly string[]): string[] {
  return names.map((_, at) => names[(at * 7919) % names.length] ?? "");
}

describe.each<[string, FakeRegistryOptions]>([
  ["gives pages with relative links", { maxPage: 300 }],
  ["gives pages with absolute links", { maxPage: 300, links: "absolute" }],
  ["gives pages without links", { links: "none" }],
  ["gives all at once", { ignoresPage: true }],
  ["does not know `last`, and gives all at once", { ignoresPage: true, ignoresLast: true }],
  ["sorts nothing", { unsorted: true, maxPage: 300 }],
  ["sorts nothing and gives no links", { unsorted: true, links: "none" }],
  [
    "sorts nothing, gives all at once and does not know `last`",
    { unsorted: true, ignoresPage: true, ignoresLast: true },
  ],
])("of a registry that %s", (_, options) => {
  const names = numbered(1000);

  test("all tags come, in order and once", async () => {
    const { remote } = await withTags(shuffled(names), options);
    expect(await listed(remote.tags({ page: 250 }))).toEqual(names);
    expect(await listed(remote.tags())).toEqual(names);
  });

  test("those after a text come", async () => {
    const { remote } = await withTags(shuffled(names), options);
    for (const after of ["t000500", "t0005", "t000998~", "t000999", "zzz", "a", ""]) {
      expect(await listed(remote.tags({ after, page: 250 }))).toEqual(names.filter((name) => name > after));
    }
  });
});

test("whatever the order, page size and beginning, all tags come", async () => {
  const { registry, remote } = await withTags([], { unsorted: true });
  const { tags } = registry.repository("acme/cache");
  const name = fc.stringMatching(/^[a-cA-C0-9_][a-c.-]{0,3}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(name, { maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      fc.option(name, { nil: undefined }),
      async (names, page, after) => {
        tags.clear();
        for (const each of names) tags.set(each, "sha256:x");
        const found = await listed(remote.tags({ page, after }));
        expect(found).toEqual(names.filter((each) => after === undefined || each > after).sort());
      },
    ),
    { numRuns: 60 },
  );
});

test("disorder that is found late leaves out and repeats nothing", async () => {
  const names = [...numbered(500), "a-late-one", "z"];
  const { remote } = await withTags(names, { unsorted: true, maxPage: 120 });
  const found = await listed(remote.tags());
  expect(found.toSorted()).toEqual(names.toSorted());
  expect(found.slice(0, 480)).toEqual(names.slice(0, 480));
  expect(await listed(remote.tags())).toEqual(names.toSorted());
});

test("pages are fetched as they are wanted, and not before what is wanted", async () => {
  const names = numbered(10_000);
  const { registry, remote } = await withTags(names);
  for await (const tag of remote.tags()) {
    expect(tag).toBe("t000000");
    break;
  }
  expect(registry.requests).toHaveLength(1);
  expect(await listed(remote.tags({ after: "t009990" }))).toEqual(names.slice(9991));
  expect(registry.requests).toHaveLength(2);
});

test("a list whose connection breaks is asked for again", async () => {
  const { registry, remote } = await withTags(numbered(50));
  registry.fail({}, { kind: "cut", after: 20 });
  registry.fail({}, { kind: "reset" });
  expect(await listed(remote.tags())).toEqual(numbered(50));
});

describe("refused is", () => {
  const link = (target: string) => ({ kind: "headers", headers: { link: `<${target}>; rel=next` } }) as const;

  test.each([
    ["a next page on another host", "https://elsewhere.example/v2/acme/cache/tags/list"],
    ["a next page on another port", "http://127.0.0.1:1/v2/acme/cache/tags/list"],
    ["a next page that is no URL", "http://["],
  ])("%s", async (_, target) => {
    const { registry, remote } = await withTags(numbered(5));
    registry.fail({}, link(target));
    await expect(listed(remote.tags())).rejects.toMatchObject({ code: "protocol", side: "team" });
    expect(registry.requests).toHaveLength(1);
  });

  test("a list in circles", async () => {
    const { registry, remote } = await withTags(numbered(5));
    registry.fail({ times: 1000 }, link("/v2/acme/cache/tags/list?n=5"));
    await expect(listed(remote.tags())).rejects.toMatchObject({ code: "protocol" });
    expect(registry.requests.length).toBeLessThan(10);
  });

  test("an endless list of nothing", async () => {
    const { registry, remote } = await withTags(numbered(5));
    const body = '{"tags":[]}';
    for (let at = 0; at < 300; at++) {
      const headers = { link: `</v2/acme/cache/tags/list?page=${at}>; rel=next` };
      registry.fail({}, { kind: "answer", status: 200, body, headers });
    }
    await expect(listed(remote.tags())).rejects.toMatchObject({ code: "protocol" });
    expect(registry.requests.length).toBeLessThan(200);
  });

  test.each([["nonsense"], ['{"tags":7}'], ["null"]])("the list %s", async (body) => {
    const { registry, remote } = await withTags(numbered(5));
    registry.fail({}, { kind: "answer", status: 200, body });
    await expect(listed(remote.tags())).rejects.toMatchObject({ code: "protocol" });
  });
});

test.each([['{"tags":null}'], ["{}"], ['{"tags":["\\u001b[31m","../x",7,null,""]}']])(
  "the list %s holds no tags",
  async (body) => {
    const { registry, remote } = await withTags(numbered(5));
    registry.fail({}, { kind: "answer", status: 200, body });
    expect(await listed(remote.tags())).toEqual([]);
  },
);
