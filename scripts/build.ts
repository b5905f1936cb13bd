// SPDX-License-Identifier: MIT OR Apache-2.0
// Makes dist/ and says how large its files are.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.ts";

const dist = join(import.meta.dirname, "../dist");
await bundle(dist);
for (const name of readdirSync(dist).sort()) {
  process.stdout.write(`${String(statSync(join(dist, name)).size).padStart(9)}  dist/${name}\n`);
}
