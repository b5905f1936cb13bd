import { defineConfig } from "vitest/config";

const e2e = { testTimeout: 180_000, hookTimeout: 300_000, fileParallelism: true, maxWorkers: 2 };
/** What a build must be, however its results come: tested with replay (in `e2e`) and without. */
const inBothModes = [
  ...["artifacts", "build", "build-scripts", "checkouts", "concurrency", "diagnostics", "inputs"],
  ...["options", "review"],
];

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/e2e/**"] } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...e2e } },
      {
        test: {
          name: "e2e-shim",
          include: inBothModes.map((name) => `test/e2e/${name}.test.ts`),
          env: { GREEN_E2E_REPLAY: "off" },
          ...e2e,
        },
      },
    ],
  },
});
