// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { expect, test } from "vitest";
import { resolveConfig } from "../../src/config/resolve.ts";
import { planPin } from "../../src/setup/pin-base-image.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { type Files, writeFiles } from "../support/files.ts";

const [OLD, NEW] = ["0", "1"].map((digit) => `sha256:${digit.repeat(64)}`);
const MANIFEST = `[package]\nname = "a"\nversion = "1.0.0"\n`;

async function pin(files: Files, more: { env?: NodeJS.ProcessEnv; profile?: string } = {}) {
  const home = temporaryDirectory();
  writeFiles(home, files);
  const env = { HOME: home, CARGO_HOME: join(home, "cargo"), ...more.env };
  const cwd = join(home, "w");
  const resolved = await resolveConfig({ env, cwd, start: cwd, exact: true, profile: more.profile });
  const { image, change } = await planPin(
    resolved,
    async () => "docker.io/library/rust:1.95.0-slim",
    async () => NEW,
  );
  return { image, path: change.path.slice(home.length + 1), before: change.before, after: change.after };
}

const workspace = (text: string): Files => ({ "w/Cargo.toml": MANIFEST, "w/.cargo/green.toml": text });

test("the tag that is set gets its digest where it is set, and everything else stays", async () => {
  const text = '# ours\r\nsandbox = "enforce"\r\nbase-image = "ghcr.io/a/b" # tools\r\n';
  expect(await pin(workspace(text))).toEqual({
    ...{ image: `ghcr.io/a/b:latest@${NEW}`, path: "w/.cargo/green.toml", before: text },
    after: text.replace('"ghcr.io/a/b"', `"ghcr.io/a/b:latest@${NEW}"`),
  });
});

test("a digest is followed to what its tag is now", async () => {
  const { after } = await pin(workspace(`base-image = "rust:1@${OLD}"\n`));
  expect(after).toBe(`base-image = "docker.io/library/rust:1@${NEW}"\n`);
});

test("tables of profiles and of manifests are written to as well", async () => {
  const profile = await pin(workspace('[profile.x]\nbase-image = "a:1"\n'), { profile: "x" });
  expect(profile.after).toBe(`[profile.x]\nbase-image = "docker.io/library/a:1@${NEW}"\n`);
  const manifest = `${MANIFEST}[package.metadata.green]\nbase-image = "a:1"\n`;
  expect(await pin({ "w/Cargo.toml": manifest })).toMatchObject({
    path: "w/Cargo.toml",
    after: manifest.replace("a:1", `docker.io/library/a:1@${NEW}`),
  });
});

test("without a setting, the official image goes into the workspace's file, or else into the user's", async () => {
  const line = `base-image = "docker.io/library/rust:1.95.0-slim@${NEW}"\n`;
  expect(await pin({ "w/Cargo.toml": MANIFEST })).toMatchObject({ path: "w/.cargo/green.toml", after: line });
  expect(await pin({ "w/x": "" })).toMatchObject({ path: "cargo/green.toml", after: line });
});

test.each([
  ["a variable", workspace(""), { env: { CARGOGREEN_BASE_IMAGE: "a:1" } }, "set by CARGOGREEN_BASE_IMAGE"],
  ["a digest alone", workspace(`base-image = "a@${OLD}"`), {}, "names no tag"],
  ["lines", workspace(`base-image-inline = "FROM a"`), {}, "base-image-inline"],
])("%s cannot be pinned", async (_, files, more, says) => {
  await expect(pin(files, more)).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining(says),
  });
});
