// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { bundledCli } from "./run-cli.ts";

const runCli = bundledCli();
const NOBODY = { BUILDKIT_HOST: "unix:///nowhere/buildkitd.sock" };
const OCI = "oci://localhost:1/a";

test.each([
  [["ls", "--pinned"], "--pinned does not go with --buildkit here"],
  [["rm", "serde", "--unsandboxed"], "--unsandboxed does not go with --buildkit here"],
  [["ls", "--sort", "time"], "--sort time does not go with --buildkit here"],
  [["ls", OCI, "--sort", "used"], "--sort used does not go with --buildkit here"],
  [["ls", OCI, "--unused-since", "1d"], "--unused-since does not go with --buildkit here"],
  [["show"], "Nothing is named to show"],
  [["rm", "--yes"], "Nothing is named to remove"],
  [["prune"], "There is no limit to prune to"],
  [["prune", "--stale-schema"], "--stale-schema does not go with --buildkit here"],
  [["prune", OCI, "--keep-size", "1GB"], "--keep-size does not go with --buildkit here"],
  [["stats", "some"], 'There is no builder and no remote "some"'],
  [["ls", "unix:///a", "tcp://b:1"], 'Several places are named: "unix:///a" and "tcp://b:1"'],
  [["ls", "unix:///a", OCI], `Several places are named: "unix:///a" and "${OCI}"`],
])("cache %j --buildkit is refused before anybody is asked", (args, message) => {
  const [command = "", ...rest] = args;
  const { status, stderr } = runCli(["cache", command, "--buildkit", ...rest], temporaryDirectory(), NOBODY);
  expect([status, stderr]).toEqual([2, expect.stringContaining(`error: ${message}\n`)]);
});

test("a builder that is not there is named, whoever named it", () => {
  for (const args of [[], ["unix:///nowhere/buildkitd.sock"]]) {
    const { status, stderr } = runCli(["cache", "ls", "--buildkit", ...args], temporaryDirectory(), NOBODY);
    expect([status, stderr]).toEqual([9, expect.stringContaining("unix:///nowhere/buildkitd.sock")]);
  }
});
