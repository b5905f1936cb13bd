// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LayoutWriter } from "../../../hack/engine.d/image/layout.ts";
import { LayoutDirectory } from "../../../src/remote/layout/layout-directory.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "green-layout-"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

async function* pieces() {
  yield Buffer.from("first ");
  yield Buffer.from("second");
}

test("a layout has the image that its layers make, under its tag", async () => {
  const layout = new LayoutWriter(root);
  const layer = await layout.addLayer("a test", pieces());
  const digest = layout.finish("1.0", [layer], { architecture: "amd64", os: "linux" });

  const manifest = await new LayoutDirectory("layout", `oci-layout:${root}`, root).manifest("1.0");
  expect(manifest?.descriptor.digest).toBe(digest);
  const { config, layers } = JSON.parse(Buffer.from(manifest?.bytes ?? []).toString());
  const blob = (of: string) => readFileSync(join(root, "blobs", of.replace(":", "/")));
  const content = zstdDecompressSync(blob(layers[0].digest)).toString();
  expect(content).toBe("first second");
  const diffId = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  expect(JSON.parse(blob(config.digest).toString())).toEqual({
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created_by: "a test" }],
  });
});
