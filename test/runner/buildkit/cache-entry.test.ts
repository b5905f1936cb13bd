// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cacheEntryName,
  formatCacheEntry,
  formatCacheTarget,
  parseCacheFrom,
  parseCacheTo,
} from "../../../src/runner/buildkit/cache-entry.ts";

describe("a cache, as buildx writes it", () => {
  test.each([
    ["ghcr.io/acme/cache", "registry", { ref: "ghcr.io/acme/cache" }, "ghcr.io/acme/cache"],
    ["type=registry,ref=localhost:5000/a:b", "registry", { ref: "localhost:5000/a:b" }, "localhost:5000/a:b"],
    ['type=registry,"ref=a,b"', "registry", { ref: "a,b" }, "a,b"],
    ['"type=local","src=a ""b"""', "local", { src: 'a "b"' }, 'a "b"'],
    ["TYPE=s3,bucket=b,region=r,prefix=p/", "s3", { bucket: "b", region: "r", prefix: "p/" }, "s3://b/p/"],
  ])("%s", (text, type, attrs, name) => {
    const entry = parseCacheFrom(text);
    expect(entry).toEqual({ type, attrs });
    expect(cacheEntryName(entry)).toBe(name);
    expect(parseCacheFrom(formatCacheEntry(entry))).toEqual(entry);
  });

  test("has a mode and more where it is written to, and says who may read it", () => {
    const target = parseCacheTo("type=registry,ref=a/b,mode=max,visibility=private,image-manifest=false");
    const attrs = { ref: "a/b", mode: "max", "image-manifest": "false" };
    expect(target).toEqual({ type: "registry", attrs, visibility: "private" });
    expect(parseCacheTo(formatCacheTarget(target))).toEqual(target);
    expect(parseCacheTo("a/b").visibility).toBe("public");
    expect(parseCacheTo("type=s3,bucket=b,region=r").visibility).toBe("public");
    expect(parseCacheTo("type=local,dest=/tmp/cache").visibility).toBe("private");
  });

  test("comes back from any value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (ref) => {
        const entry = { type: "registry" as const, attrs: { ref } };
        expect(parseCacheFrom(formatCacheEntry(entry))).toEqual(entry);
      }),
    );
  });
});

test.each([
  ["", "is no list of fields"],
  ['type=registry,"ref=a', "is no list of fields"],
  ["ref=a", "has no type"],
  ["type=registry", "has no ref"],
  ["type=registry,ref=", "has no ref"],
  ["type=registry,ref=a,x", 'has the field "x"'],
  ["type=s3,bucket=b", "has no region"],
  ["type=gha", 'has the type "gha"'],
  ["type=inline", "is for images"],
  ["type=local,dest=a", 'has "dest", which means nothing there'],
  ["type=registry,ref=a,mode=max", 'has "mode"'],
  ["type=registry,ref=a,visibility=private", 'has "visibility"'],
  ["type=registry,ref=a,registry.insecure=yes", "has registry.insecure=yes"],
])("%j is no cache to read from", (text, problem) => {
  expect(() => parseCacheFrom(text)).toThrow(expect.objectContaining({ code: "usage" }));
  expect(() => parseCacheFrom(text)).toThrow(problem);
});

test.each([
  ["type=registry,ref=a,mode=all", "has mode=all"],
  ["type=registry,ref=a,compression=xz", "has compression=xz"],
  ["type=registry,ref=a,visibility=some", 'has the visibility "some"'],
  ["type=inline", "is for images"],
])("%j is no cache to write to", (text, problem) => {
  expect(() => parseCacheTo(text)).toThrow(problem);
});

test("credentials are refused, and not repeated", () => {
  const text = "type=s3,bucket=b,region=r,secret_access_key=hunter2";
  expect(() => parseCacheTo(text)).toThrow(/holds secret_access_key/);
  expect(() => parseCacheTo(text)).not.toThrow(/hunter2/);
});
