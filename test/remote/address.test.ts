// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GreenError } from "../../src/error.ts";
import { parseAddress } from "../../src/remote/address.ts";
import { redactUrl } from "../../src/remote/redact-url.ts";

const place = { directory: "/work/project", home: "/home/user" };

function parse(text: string) {
  return parseAddress(text, place);
}

describe("a registry's address", () => {
  test.each([
    ["oci://ghcr.io/acme/cache", "ghcr.io", "acme/cache"],
    ["oci://LOCALHOST:5000/a", "localhost:5000", "a"],
    ["oci://[::1]:5000/a_b/c--d.e", "[::1]:5000", "a_b/c--d.e"],
    ["OCI://registry.example/a/", "registry.example", "a"],
  ])("%s is a host and a repository", (text, host, repository) => {
    expect(parse(text)).toEqual({ kind: "oci", host, repository, url: `oci://${host}/${repository}` });
  });

  test.each([
    ["oci://ghcr.io", "names no repository"],
    ["oci://ghcr.io/", "names no repository"],
    ["oci:///a", "names no host"],
    ["oci://registry.example:99999/a", "names no host"],
    ["oci://registry.example:/a", "names no host"],
    ["oci://registry..example/a", "names no host"],
    ["oci://registry.example/A", "as registries allow it"],
    ["oci://registry.example/a//b", "as registries allow it"],
    ["oci://registry.example/a/../b", "as registries allow it"],
    [`oci://registry.example/${"a".repeat(255)}`, "as registries allow it"],
    ["oci://registry.example/a:tag", "names a tag"],
    [`oci://registry.example/a@sha256:${"0".repeat(64)}`, "names a digest"],
    ["oci://registry.example/a?b=c", "has a query or fragment"],
    ["registry.example/a", "is no address of a remote"],
    ["https://registry.example/a", "is no address of a remote"],
    ["oci:registry.example/a", "is no address of a remote"],
    ["", "is no address of a remote"],
  ])("%s is refused: %s", (text, problem) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringContaining(problem) }),
    );
  });
});

describe("a bucket's address", () => {
  test("needs nothing but the bucket", () => {
    expect(parse("s3://bucket")).toEqual({
      ...{ kind: "s3", url: "s3://bucket", bucket: "bucket", prefix: "" },
      ...{ region: undefined, endpoint: undefined },
    });
  });

  test("may have a prefix, a region and an endpoint", () => {
    expect(parse("s3://bucket/a%20b/c/?endpoint=http://127.0.0.1:9000/&region=eu-central-1")).toEqual({
      ...{ kind: "s3", bucket: "bucket", prefix: "a b/c" },
      ...{ region: "eu-central-1", endpoint: "http://127.0.0.1:9000" },
      url: "s3://bucket/a%20b/c?region=eu-central-1&endpoint=http%3A%2F%2F127.0.0.1%3A9000",
    });
  });

  test.each([
    ["s3://", "names no bucket"],
    ["s3://B/x", "names no bucket"],
    ["s3://bucket/a//b", "empty or dotted part"],
    ["s3://bucket/../b", "empty or dotted part"],
    ["s3://bucket/%2e%2e/b", "empty or dotted part"],
    ["s3://bucket/%zz", "encodes nothing"],
    ["s3://bucket?regoin=x", '"regoin", which means nothing'],
    ["s3://bucket?region=x&region=y", '"region", twice'],
    ["s3://bucket?region=", "names no region"],
    ["s3://bucket?endpoint=ftp://x", "no http or https URL"],
    ["s3://bucket?endpoint=http://x/?a", "endpoint with a query"],
    ["s3://bucket#a", "has a fragment"],
  ])("%s is refused: %s", (text, problem) => {
    expect(() => parse(text)).toThrow(problem);
  });
});

describe("a layout's address", () => {
  test.each([
    ["oci-layout:out", "/work/project/out", false],
    ["oci-layout:/srv/cache.tar", "/srv/cache.tar", true],
    ["oci-layout:///srv/cache", "/srv/cache", false],
    ["oci-layout:~/cache", "/home/user/cache", false],
    ["oci-layout:./a b", "/work/project/a b", false],
  ])("%s is a path", (text, path, archive) => {
    expect(parse(text)).toEqual({ kind: "oci-layout", path, archive, url: `oci-layout:${path}` });
  });

  test.each([["oci-layout:"], ["oci-layout://host/a"], ["oci-layout:a\0b"]])("%j is refused", (text) => {
    expect(() => parse(text)).toThrow("names");
  });
});

test.each([
  ["oci://user:hunter2@registry.example/a"],
  ["oci://user:hun/ter2@registry.example/a"],
  ["s3://key:hunter2@bucket/a"],
  ["https://user:hunter2@registry.example/a?token=hunter2#hunter2"],
  ["s3://bucket?endpoint=http://user:hunter2@host"],
  ["s3://bucket?secret=hunter2"],
])("credentials in %s are refused and not repeated", (text) => {
  expect.assertions(2);
  try {
    parse(text);
  } catch (thrown) {
    expect(String(thrown)).not.toMatch(/hunter2|ter2|user/);
    expect(thrown).toMatchObject({ code: "usage" });
  }
});

test("the canonical form of any address is read as the same address", () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,8})?$/);
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  const host = fc.domain();
  const port = fc.option(fc.integer({ min: 1, max: 65535 }));
  const bucket = fc.stringMatching(/^[a-z0-9]{3,20}$/);
  const below = fc
    .array(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 })
    .filter((parts) => parts.every((each) => !each.includes("/") && each !== "." && each !== ".."))
    .map((parts) => parts.map(encodeURIComponent).join("/"));
  const region = fc.option(fc.stringMatching(/^[a-z]{2}-[a-z]{4}-[1-9]$/));
  const addresses = fc.oneof(
    fc.tuple(host, port, path).map(([h, p, r]) => `oci://${h}${p === null ? "" : `:${p}`}/${r}`),
    fc.tuple(bucket, below, region).map(([b, p, r]) => `s3://${b}/${p}${r === null ? "" : `?region=${r}`}`),
    path.map((layout) => `oci-layout:${layout}`),
  );
  fc.assert(
    fc.property(addresses, (text) => {
      const address = parse(text);
      expect(parse(address.url)).toEqual(address);
    }),
  );
});

test("anything is an address or a usage error", () => {
  const text = fc.tuple(
    fc.constantFrom("", "oci://", "s3://", "oci-layout:"),
    fc.string({ unit: fc.constantFrom(..."az09AZ:/?#@%&=.-_[]~ é\u0000\u{1f980}") }),
  );
  fc.assert(
    fc.property(text, ([scheme, rest]) => {
      try {
        return parse(scheme + rest).url !== "";
      } catch (thrown) {
        return GreenError.from(thrown).code === "usage";
      }
    }),
    { numRuns: 500 },
  );
});

test("a redacted URL keeps scheme, host and path only", () => {
  expect(redactUrl("https://u:p@h.example:1/a/b?c=d#e")).toBe("https://h.example:1/a/b");
  expect(redactUrl("h.example/a?b")).toBe("h.example/a");
});
