// SPDX-License-Identifier: MIT OR Apache-2.0
// Writes *_pb.ts beside the .proto files that they come from; with `--check` only says whether they are as they should be.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const protos = join(root, "src/runner/buildkit/proto");

/** Files of a directory that the generator writes, by name. */
function generated(directory: string): ReadonlyMap<string, string> {
  const names = readdirSync(directory).filter((name) => name.endsWith("_pb.ts"));
  return new Map(names.sort().map((name) => [name, readFileSync(join(directory, name), "utf8")]));
}

function generate(): ReadonlyMap<string, string> {
  const out = mkdtempSync(join(tmpdir(), "green-codegen-"));
  try {
    const plugin = [process.execPath, join(root, "node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es")];
    const opt = ["target=ts", "import_extension=ts"];
    const template = JSON.stringify({ version: "v2", plugins: [{ local: plugin, out, opt }] });
    const buf = join(root, "node_modules/@bufbuild/buf/bin/buf");
    execFileSync(process.execPath, [buf, "generate", protos, "--template", template], { stdio: "inherit" });
    return generated(out);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

const wanted = generate();
const found = generated(protos);
if (!process.argv.includes("--check")) {
  for (const name of found.keys()) if (!wanted.has(name)) rmSync(join(protos, name));
  for (const [name, text] of wanted) writeFileSync(join(protos, name), text);
} else if (JSON.stringify([...found]) !== JSON.stringify([...wanted])) {
  process.stderr.write(
    "error: src/runner/buildkit/proto/*_pb.ts are out of date\n  help: run `npm run codegen`\n",
  );
  process.exitCode = 1;
}
