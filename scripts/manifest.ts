// SPDX-License-Identifier: MIT OR Apache-2.0
// Writes oclif.manifest.json from dist/commands.cjs; with `--check` only says whether it is as it should be.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Plugin, settings } from "@oclif/core";

const root = join(import.meta.dirname, "..");
const path = join(root, "oclif.manifest.json");

settings.enableAutoTranspile = false;
const plugin = new Plugin({
  root,
  isRoot: true,
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
});
await plugin.load();
const text = `${JSON.stringify(plugin.manifest, undefined, 2)}\n`;
if (!process.argv.includes("--check")) {
  writeFileSync(path, text);
} else if (readFileSync(path, "utf8") !== text) {
  process.stderr.write(
    "error: oclif.manifest.json is out of date\n  help: run `npm run build && npm run manifest`\n",
  );
  process.exitCode = 1;
}
