// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { bundledCli } from "./run-cli.ts";

const runCli = bundledCli();

test.each([[[]], [["--help"]], [["cache", "--help"]], [["cache"]], [["builder"]], [["builder", "--help"]]])(
  "%j fits a terminal of 24 lines",
  (args) => {
    const { status, stdout } = runCli(args, temporaryDirectory());
    const lines = stdout.trimEnd().split("\n");
    expect(status).toBe(0);
    expect(lines.length).toBeLessThanOrEqual(23);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).toContain("Start with");
  },
);

test("help of one command names it as it is typed", () => {
  const asked = runCli(["cache", "ls", "--help"], temporaryDirectory());
  expect(asked.stdout).toContain("$ cargo green cache ls [SELECTOR…] [REMOTE] [OPTIONS]");
  expect(runCli(["help", "cache", "ls"], temporaryDirectory()).stdout).toBe(asked.stdout);
});

test("--version is ours", () => {
  expect(runCli(["--version"], temporaryDirectory()).stdout).toBe(`cargo-green ${manifest.version}\n`);
});

test("env prints the settings in force; one alone is just its value", () => {
  const cache = temporaryDirectory();
  expect(runCli(["env", "CARGOGREEN_CACHE_DIR"], cache).stdout).toBe(`${cache}\n`);
  const both = runCli(["env", "CARGOGREEN_ENABLED", "CARGOGREEN_IDLE"], cache, { CARGOGREEN_IDLE: "5m" });
  expect(both.stdout).toBe("CARGOGREEN_ENABLED=1  # default\nCARGOGREEN_IDLE=300s  # CARGOGREEN_IDLE\n");
  const wrong = runCli(["env", "PATH"], cache);
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringMatching(/^error: "PATH" is no setting\n/)]);
});

test("a setting that makes no sense is named before anything is done", () => {
  const { status, stderr } = runCli(["cache", "ls"], temporaryDirectory(), { CARGOGREEN_LOG: "loud" });
  expect([status, stderr]).toEqual([2, expect.stringMatching(/^error: CARGOGREEN_LOG is "loud"/)]);
});
