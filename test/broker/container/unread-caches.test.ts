// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { unreadCaches } from "../../../src/broker/container/unread-caches.ts";
import { parseCacheFrom } from "../../../src/runner/buildkit/cache-entry.ts";

test("a cache that could not be read is told of once, by the name that settings have for it", () => {
  const from = [
    "host/a:main",
    "type=s3,bucket=b,region=r,prefix=p",
    "type=local,src=/x",
    "type=local,src=/y",
  ];
  const unread = unreadCaches(from.map(parseCacheFrom));
  expect(unread.notices()).toEqual([]);
  for (const cache of ["host/a:main", "s3:1234", "local:5678", "host/a:main"])
    unread.note(cache, "not found");
  expect(unread.notices().map(({ line }) => line)).toEqual([
    'the builder could not read the cache "host/a:main": not found',
    'the builder could not read the cache "s3://b/p": not found',
    'the builder could not read the cache "/x" or "/y": not found',
  ]);
});

test("a registry may be called like a kind of caches", () => {
  const unread = unreadCaches([parseCacheFrom("local:5000/x"), parseCacheFrom("type=local,src=/y")]);
  unread.note("local:5000/x", "not found");
  expect(unread.notices()).toMatchObject([{ topic: "cache local:5000/x" }]);
});
