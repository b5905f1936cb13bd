// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { isListedSource } from "../../src/cargo/public-source.ts";

const LISTED = [
  "https://GitHub.com/acme/open.git/",
  "sparse+https://crates.acme.dev/index",
  "ssh://git.acme.dev/a",
];

test.each([
  "git+https://github.com/acme/open#0123",
  "git+https://github.com/acme/open.git?branch=main#0123",
  "git+HTTPS://github.com:443/acme/open/?rev=1#0123",
  "sparse+https://crates.acme.dev/index/",
  "registry+https://crates.acme.dev/index",
  "git+ssh://git.acme.dev/a.git#01",
])("%s is listed", (source) => {
  expect(isListedSource(source, LISTED)).toBe(true);
});

test.each([
  "",
  "git+https://github.com/acme/open2#0123",
  "git+https://github.com/acme/open/secret#0123",
  "git+https://github.com/acme#0123",
  "git+https://github.com/Acme/open#0123",
  "git+http://github.com/acme/open#0123",
  "git+https://github.com.acme.dev/acme/open#0123",
  "git+https://github.com:8443/acme/open#0123",
  "git+https://user@github.com/acme/open#0123",
  "git+https://u:p@github.com/acme/open#0123",
  "git+ssh://git@git.acme.dev/a#01",
  "git+file:///github.com/acme/open#0123",
  "not a url",
])("%s is not", (source) => {
  expect(isListedSource(source, LISTED)).toBe(false);
});

test("what is listed with a user or on this machine is nobody's", () => {
  expect(isListedSource("git+ssh://git@h/a#1", ["ssh://git@h/a"])).toBe(false);
  expect(isListedSource("git+file:///srv/a#1", ["file:///srv/a"])).toBe(false);
  expect(isListedSource("", [""])).toBe(false);
});
