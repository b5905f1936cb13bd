// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { chromeTrace } from "../../src/broker/chrome-trace.ts";
import { traceLines } from "../../src/broker/trace-lines.ts";
import type { TracedUnit } from "../../src/broker/traced-unit.ts";

const unit: TracedUnit = {
  request: { role: "rustc", cwd: "/", argv: ["rustc", "--crate-name", "a"], env: new Map() },
  ...{ lane: 2, asked: 1000, answered: 1060 },
  answer: { kind: "finish", code: 0, stdout: Buffer.alloc(0), stderr: Buffer.from("one\ntwo\n") },
  solved: [
    {
      ...{ kind: "unit", name: "a", vertex: "sha256:1", cached: false, status: 0 },
      ...{ startedMs: 1010, completedMs: 1040.5, solveMs: 45, readMs: 2, fileBytes: 3, printedBytes: 4 },
    },
  ],
};

test("what a builder ran and was sent is a process of its own beside cargo", () => {
  const sent = { kind: "sent", name: "src-1", entries: 3, files: 2, bytes: 9, at: 1005 } as const;
  const { traceEvents } = chromeTrace([{ seen: unit, directory: "0001-a" }], [sent]) as {
    readonly traceEvents: readonly Record<string, unknown>[];
  };
  const shown = traceEvents.map(({ ph, pid, tid, name, ts, dur }) => [ph, pid, tid, name, ts, dur]);
  expect(shown).toEqual([
    ["M", 1, undefined, "process_name", undefined, undefined],
    ["M", 2, undefined, "process_name", undefined, undefined],
    ["X", 1, 2, "a", 0, 60_000],
    ["X", 2, 2, "a", 10_000, 30_500],
    ["i", 2, 0, "sent src-1", 5_000, undefined],
  ]);
  expect(traceEvents[3]).toMatchObject({ cat: "run", args: { vertex: "sha256:1", readMs: 2 } });
});

test("each line that a unit printed has the prefix that was asked for", () => {
  expect(traceLines([unit], "{unit} {stream}: ")).toBe("a stderr: one\na stderr: two\n");
  expect(traceLines([unit], "{outcome} {else}|")).toBe("untouched {else}|one\nuntouched {else}|two\n");
});
