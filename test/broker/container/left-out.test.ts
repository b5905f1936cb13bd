// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { leftOutFile } from "../../../src/broker/container/left-out.ts";
import { ShownFiles } from "../../../src/broker/container/shown-files.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { writeFiles } from "../../support/files.ts";
import { ownUnit } from "./sample-unit.ts";

test("a file that is here and was not shown is told by how programs name it", async () => {
  const workspace = temporaryDirectory();
  const ignored = "made.rs\n*.bin\n";
  writeFiles(workspace, {
    ".gitignore": ignored,
    "app/src/lib.rs": "",
    "app/src/made.rs": "",
    "data.bin": "",
  });
  const { package: own } = ownUnit();
  const unit = { package: { ...own, root: `${workspace}/app` }, around: workspace, cwd: workspace };
  const leftOut = (output: string, over = {}) => leftOutFile({ ...unit, ...over }, output, new ShownFiles());
  const rustc = `{"message":"create file \\"app/src/made.rs\\" or \\"app/src/made/mod.rs\\"","level":"help"}`;
  expect(await leftOut(rustc)).toBe("app/src/made.rs");
  expect(await leftOut("couldn't read `app/src/../../data.bin`: No such file")).toBe("data.bin");
  expect(await leftOut(`cannot open '${workspace}/data.bin'`)).toBe("data.bin");
  expect(await leftOut("`app/src/lib.rs` and `app/src/missing.rs` and `../data.bin`")).toBeUndefined();
  expect(await leftOut(rustc, { package: { ...unit.package, immutable: true } })).toBeUndefined();
});
