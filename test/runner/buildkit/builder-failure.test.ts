// SPDX-License-Identifier: MIT OR Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { GreenError } from "../../../src/error.ts";
import { builderFailure, programsDiskFull } from "../../../src/runner/buildkit/builder-failure.ts";

describe("what a builder says", () => {
  test.each([
    ["unreachable", true, Code.Unavailable, "error reading from server: EOF"],
    ["unreachable", true, Code.Unknown, "unknown job 3f2a"],
    ["refused", false, Code.Unknown, "failed to copy: write /var/lib/x: no space left on device"],
    ["denied", false, Code.Unknown, "failed to authorize: 401 Unauthorized"],
    ["denied", false, Code.PermissionDenied, "entitlement network.host is not allowed"],
    ["refused", false, Code.NotFound, "docker.io/library/nothing@sha256:0: not found"],
    ["refused", false, Code.Unknown, "something else"],
  ])("is %s (retryable: %s) for code %s, %j", (code, retryable, rpc, message) => {
    const error = builderFailure(new ConnectError(message, rpc), "builder");
    expect(error).toMatchObject({ code, retryable, side: "builder" });
    expect(error.message).toContain(message);
  });

  test.each([
    ["docker login", "unexpected status from HEAD request to http://host/v2/x: 401 Unauthorized"],
    ["AWS command line", "operation error S3: HeadObject, StatusCode: 403, api error Forbidden: Forbidden"],
    ["docker buildx create", 'unknown cache exporter: "s3"'],
  ])("comes with a way out, %s, for %j", (way, message) => {
    expect(builderFailure(new ConnectError(message, Code.Unknown), "builder").hint).toContain(way);
  });

  test("is repeated without the whole command, but with what it printed", () => {
    const said = `process "/bin/sh -c ${"x".repeat(9000)} \\"y\\"" did not complete successfully: exit code: 2`;
    const state = {
      ...{ name: "[2/2] RUN make", cached: false, startedMs: 0, completedMs: 1, error: "", logBytes: 9 },
      log: "make: no rule",
    };
    const { message } = builderFailure(new ConnectError(said, Code.Unknown), "builder", state);
    expect(message).toBe("The builder failed: [2/2] RUN make: exit code: 2\nmake: no rule");
  });

  test("of a unit's own failing, which succeeds if it can write, is that it could not", () => {
    const said = new ConnectError(
      'process "/bin/sh" did not complete successfully: exit code: 2',
      Code.Unknown,
    );
    expect(builderFailure(said, "builder", undefined, true)).toMatchObject({
      ...{ code: "refused", message: "The builder's disk seems to be full: exit code: 2" },
    });
  });

  test("is not what went wrong here", () => {
    const own = new GreenError("busy", "A file changed");
    expect(builderFailure(own, "builder")).toBe(own);
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    expect(builderFailure(full, "builder").code).toBe("internal");
  });
});

describe("a program that failed", () => {
  test.each([
    [true, "error: failed to write lib.rmeta: No space left on device (os error 28)"],
    [true, '{"message":"failed: No space left on device (os error 28)","level":"error"}'],
    [true, "/usr/bin/ld: final link failed: No space left on device\ncollect2: error: ld returned 1"],
    [false, 'error: expected `;`\n  | let text = "No space left on device";'],
    [false, ""],
  ])("lacked space: %s, if it says %j", (expected, text) => {
    const failure = programsDiskFull(Buffer.from(text), "builder");
    expect(failure?.code).toBe(expected ? "refused" : undefined);
  });
});
