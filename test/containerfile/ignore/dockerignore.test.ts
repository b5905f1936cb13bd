// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DockerMatches,
  judge,
  parseDockerignore,
} from "../../../src/containerfile/ignore/dockerignore.ts";

/** As the walk does it: from the top down, each directory's matches being given to what is in it. */
function isIgnored(lines: readonly string[], path: string): boolean {
  const rules = parseDockerignore(lines.join("\n"), ".dockerignore");
  const parts = path.split("/");
  let matches: DockerMatches | undefined;
  let ignored = false;
  for (let depth = 1; depth <= parts.length; depth++) {
    ({ ignored, matches } = judge(rules, parts.slice(0, depth).join("/"), matches));
  }
  return ignored;
}

describe("what moby/patternmatcher 0.6.1 says of", () => {
  test.each([
    ["/ /", "file", false],
    ["**", "file", true],
    ["**/", "dir/file", true],
    ["**/**", "dir/file", true],
    ["dir/**", "dir/dir2/file", true],
    ["dir/**", "dir", false],
    ["**/dir", "dir", true],
    ["**/dir", "dir/file", true],
    ["**/dir2/*", "dir/dir2/file", true],
    ["**/dir2/**", "dir/dir2/dir3/file", true],
    ["**file", "dir/dir/file", true],
    ["**foo", "dir/barfoo", true],
    ["**/file*.txt*", "dir/dir/file.txt", true],
    ["**/**/*.txt2", "dir/dir/file.txt", false],
    ["**/*.txt", "file.txt", true],
    ["a**/*.txt", "a/dir/dir/file.txt", true],
    ["a/*.txt", "a/dir/file.txt", false],
    ["a/*.txt**", "a/file.txt", true],
    ["a[b-d]e", "ace", true],
    ["a[b-d]e", "aae", false],
    ["a[^b-d]e", "aze", true],
    [".*", "foo", false],
    ["abc.def", "abcZdef", false],
    ["abc?def", "abcZdef", true],
    ["a\\\\", "a\\", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "ab", false],
    ["**/.foo", "bar.foo", false],
    ["a(b)c/def", "a(b)c/def", true],
    ["a.|)$(}+{bc", "a.|)$(}+{bc", true],
    ["dist/*.whl", "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl", true],
    ["a*b?c*x", "abxbbxdbxebxczzx", true],
    ["a*b?c*x", "abxbbxdbxebxczzy", false],
    ["a?b", "a☺b", true],
    ["a[^a]b", "a☺b", true],
    ["a???b", "a☺b", false],
    ["[a-ζ]*", "α", true],
    ["*[a-ζ]", "A", false],
    ["[\\]a]", "]", true],
    ["[\\-x]", "-", true],
    ["docs/", "docs/README.md", true],
    ["/docs", "docs/README.md", true],
    [" docs  ", "docs", true],
    ["./a/../docs", "docs", true],
    ["# docs", "# docs", false],
    ["a\\d", "a1", true],
    ["a^b?", "a^bc", false],
  ])("%j of %j", (line, path, expected) => {
    expect(isIgnored([line], path)).toBe(expected);
  });

  test.each([
    [["**", "!util/docker/web"], "util/docker/web/foo", false],
    [["**", "!util/docker/web", "util/docker/web/foo"], "util/docker/web/foo", true],
    [["**", "!dist/*.whl"], "dist/a.whl", false],
    [["docs", "!docs/README.md"], "docs/README.md", false],
    [["!fileutils.go", "*.go"], "fileutils.go", true],
    [["*.go", "!fileutils.go"], "fileutils.go", false],
    [["*", "! /src"], "src/lib.rs", false],
    [["*", "/!src"], "src/lib.rs", false],
  ])("%j of %j", (lines, path, expected) => {
    expect(isIgnored(lines, path)).toBe(expected);
  });

  test.each([
    "!",
    "! ",
    "!/",
    "[",
    "a[",
    "[^bc",
    "[]a]",
    "[-x]",
    "[x-]",
    "[a-b-c]",
    "a\\",
    "[Local-Only]/",
    "\\y",
  ])("%j: that it is none", (line) => {
    expect(() => isIgnored(["# first", line], "x")).toThrow(
      expect.objectContaining({ code: "config", message: `.dockerignore:2: "${line.trim()}" is no pattern` }),
    );
  });
});

test("what is between braces and quotes means itself", () => {
  const name = fc.stringMatching(/^[a-z.+(){}|$^"'#,;&~=-][a-z.+(){}|$^"'#,;&~= -]{0,8}[a-z]$/);
  fc.assert(
    fc.property(name, name, (one, other) => {
      fc.pre(!one.startsWith("#"));
      expect(isIgnored([one], one)).toBe(true);
      expect(isIgnored([one], `${one}/below`)).toBe(true);
      expect(isIgnored([one], other)).toBe(one === other);
    }),
  );
});
