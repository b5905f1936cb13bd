// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { podmanFailure } from "../../../src/runner/podman/podman-failure.ts";

/** What podman 4.3.1 said. */
test.each([
  [
    "Trying to pull localhost:5000/a:1...\nError: creating build container: initializing source docker://localhost:5000/a:1: reading manifest 1 in localhost:5000/a: manifest unknown: manifest unknown\n",
    "refused",
    false,
  ],
  [
    'Error: creating build container: initializing source docker://rust:1: pinging container registry registry.example: Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host\n',
    "unreachable",
    true,
  ],
  ['Error: creating build container: short-name "a" did not resolve to an alias\n', "refused", false],
  ["Error: reading manifest 1 in a/b: unauthorized: authentication required\n", "denied", false],
  [
    "Error: committing container for step {…}: copying layers: write /x: no space left on device\n",
    "refused",
    false,
  ],
  ["anything else", "refused", false],
])("%j", (stderr, code, retryable) => {
  const error = podmanFailure("a 1.0.0", 125, Buffer.from(stderr));
  expect(error).toMatchObject({ code, retryable, side: "podman" });
  expect(error.message).toMatch(/^podman did not build a 1\.0\.0: (?!Error)/);
});

test("the step that failed is not repeated but what it said last, and what ended podman is not guessed", () => {
  const stderr = Buffer.from(
    'Error: building at STEP "RUN --mount=x /bin/sh -c "a": b": while running runtime: exit status 1\n',
  );
  expect(podmanFailure("a", 1, stderr).message).toBe(
    "podman did not build a: while running runtime: exit status 1",
  );
  const printed = Buffer.concat([Buffer.from("noise\n/bin/sh: 1: rustup: not found\n"), stderr]);
  expect(podmanFailure("a", 1, printed).message).toBe(
    "podman did not build a: while running runtime: exit status 1: /bin/sh: 1: rustup: not found",
  );
  expect(podmanFailure("a", undefined, Buffer.alloc(0))).toMatchObject({
    code: "unreachable",
    retryable: true,
  });
});
