// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { formatDryRun, formatPlan, formatTransfer, type TransferUnit } from "../../src/ui/transfer.ts";

const unit = (name: string, fate: TransferUnit["fate"], identity = {}, size = 1000): TransferUnit => ({
  identity: { package: name, version: "1.0.0", kind: "lib", target: name, mode: "build", ...identity },
  size,
  fate,
});
const many = (count: number, fate: TransferUnit["fate"], size = 1000) =>
  Array.from({ length: count }, (_, at) => unit(`c${at}`, fate, {}, size));

test("a plan says how many units go, are there, and stay", () => {
  const units = [
    ...many(9, { kind: "push" }, 344_444),
    ...many(180, { kind: "there" }),
    ...many(23, { kind: "private", reason: "path package" }),
  ];
  expect(formatPlan(units, "push")).toBe(
    "212 units: 9 to push (3.1 MB), 180 there, 23 private (see --dry-run)\n",
  );
  expect(formatPlan(many(1, { kind: "there" }), "pull")).toBe("1 unit: nothing to pull, 1 here\n");
  expect(formatPlan([], "copy")).toBe("0 units: nothing to copy\n");
});

test("at length it names each unit that stays, and why", () => {
  const world = { name: "world", url: "oci://registry.example.com/cache", visibility: "public" } as const;
  const units = [
    ...many(5, { kind: "push" }, 400_000),
    ...many(39, { kind: "there" }),
    unit("acme-core", { kind: "private", reason: "path package" }),
    unit(
      "ring",
      { kind: "private", reason: "its output contains the home directory" },
      { kind: "build-script-run" },
    ),
    unit("rg\u001b", { kind: "private", reason: "path\npackage" }, { kind: "bin", target: "rg" }),
  ];
  expect(formatDryRun(world, units, "push")).toBe(
    [
      "world  oci://registry.example.com/cache  (public)",
      "  47 units: 5 to push (2 MB), 39 there, 3 stay here:",
      "    acme-core 1.0.0          path package",
      "    ring 1.0.0 (run)         its output contains the home directory",
      "    rg\\u{1b} 1.0.0 (bin rg)  path⏎package",
      "",
    ].join("\n"),
  );
  const address = { name: "oci-layout:/x", url: "oci-layout:/x", visibility: "private" } as const;
  expect(formatDryRun(address, many(2, { kind: "there" }), "export")).toBe(
    "oci-layout:/x  (private)\n  2 units: nothing to export, 2 there\n",
  );
});

test("progress is told in bytes, rate and time left", () => {
  expect(formatTransfer({ bytes: 3_100_000, total: 12_000_000, rate: 4_200_000 })).toBe(
    "3.1 MB of 12 MB · 4.2 MB/s · 2.1 s left",
  );
  expect(formatTransfer({ bytes: 3_100_000, total: undefined, rate: 0 })).toBe("3.1 MB · waiting");
  expect(formatTransfer({ bytes: 5000, total: 4000, rate: 1000 })).toBe("5 kB · 1 kB/s");
});
