// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { formatAddress, parseSsh, parseTcp, parseUnix } from "../../../src/runner/stream/stream-address.ts";

describe("an address", () => {
  test.each([
    "unix:///run/user/1000/docker.sock",
    "tcp://build.example:1234",
    "tcp://[fe80::1]:1234",
    "ssh://far",
    "ssh://me@far.example:2222",
    "ssh://me@[::1]:22/run/other.sock",
  ])("%s is read and written", (text) => {
    const parse = text.startsWith("unix") ? parseUnix : text.startsWith("ssh") ? parseSsh : parseTcp;
    expect(formatAddress(parse(text, undefined))).toBe(text);
  });

  test("of TCP has a host and a port, or what is usual", () => {
    const usual = { host: "127.0.0.1", port: 2375 };
    expect(parseTcp("tcp://", undefined, usual)).toMatchObject(usual);
    expect(parseTcp("tcp://far:/", undefined, usual)).toMatchObject({ host: "far", port: 2375 });
    expect(parseTcp("tcp://:99", undefined, usual)).toMatchObject({ host: "127.0.0.1", port: 99 });
    for (const text of ["tcp://far", "tcp://far:0", "tcp://far:65536", "tcp://a b:1", "tcp://far:1/path"]) {
      expect(() => parseTcp(text, undefined)).toThrow(`"${text}" is no address`);
    }
  });

  test("of a socket is an absolute path", () => {
    expect(() => parseUnix("unix://run/docker.sock")).toThrow("is no address");
    expect(() => parseUnix("unix://")).toThrow("is no address");
  });

  test.each([
    "ssh://",
    "ssh://-oProxyCommand=evil",
    "ssh://-l@far",
    "ssh://far?x=1",
    "ssh://far#x",
    "ssh://far:port",
  ])("%s is none that ssh gets to see", (text) => expect(() => parseSsh(text)).toThrow("is no address"));

  test("with a password is refused, and the password is not repeated", () => {
    for (const text of ["ssh://me:s3cret@far", "ssh://me:s3cret@far:nonsense"]) {
      const thrown = (() => {
        try {
          return parseSsh(text);
        } catch (error) {
          return error;
        }
      })();
      expect(String(thrown)).toContain("far");
      expect(String(thrown)).not.toContain("s3cret");
    }
  });
});
