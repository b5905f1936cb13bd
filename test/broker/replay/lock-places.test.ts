// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, it } from "vitest";
import { lockPlaces } from "../../../src/broker/replay/lock-places.ts";

const profiles = ["debug", "x86_64-unknown-linux-gnu/debug"];
const [stable, nightly] = [
  "cargo 1.95.0 (f2d3ce0bd 2026-03-21)\n",
  "cargo 1.97.0-nightly (4d1f98451 2026-05-15)\n",
];

it.each([
  [stable, "/t", ["/t/debug/.cargo-lock", "/t/x86_64-unknown-linux-gnu/debug/.cargo-lock"]],
  [
    stable,
    "/b",
    [
      ...["/t/debug/.cargo-lock", "/b/debug/.cargo-lock"],
      ...["/t/x86_64-unknown-linux-gnu/debug/.cargo-lock", "/b/x86_64-unknown-linux-gnu/debug/.cargo-lock"],
    ],
  ],
  [
    nightly,
    "/b",
    [
      ...["/b/debug/.cargo-build-lock", "/t/debug/.cargo-lock"],
      ...[
        "/b/x86_64-unknown-linux-gnu/debug/.cargo-build-lock",
        "/t/x86_64-unknown-linux-gnu/debug/.cargo-lock",
      ],
    ],
  ],
])("the locks of %s with the build directory %s are taken as Cargo takes them", (cargo, build, expected) => {
  expect(lockPlaces({ cargo, artifacts: "/t", build, profiles })).toEqual(expected);
});
