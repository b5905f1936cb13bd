// SPDX-License-Identifier: MIT OR Apache-2.0
// Makes dist/code/: what V8 compiles of the bundles while a build on a new machine fetches all from a registry, or from a
// bucket, and while a build is pushed. Needs `npm run build`, Cargo and a compiler.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { keptCode, placeOfShippedCode } from "../src/bundle-loader.ts";
import { startFakeRegistry } from "../test/support/fake-registry.ts";
import { startBucket } from "./code.d/bucket.ts";
import { writeSampleProject } from "./code.d/sample-project.ts";

/** Whose code comes from where: of each, what is called on that way alone. */
const FROM_REGISTRY = ["entry", "build", "share", "registry"];
const FROM_BUCKET = ["s3"];
const FROM_PUSH = ["commands"];

/** Without settings of whoever calls this. */
const surroundings = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("CARGOGREEN_")),
);
const root = join(import.meta.dirname, "..");
const green = join(root, "bin", "cargo-green");
const directory = mkdtempSync(join(tmpdir(), "green-code-"));
const registry = await startFakeRegistry();
const bucket = await startBucket();
const remotes = {
  registry: `oci://${registry.host}/sample/cache`,
  bucket: `s3://sample?region=eu-west-1&endpoint=${bucket.endpoint}`,
};

/** A machine of its own, of which nothing but the code is kept from one run to the next. */
async function run(machine: string, remote: string, args: readonly string[]): Promise<void> {
  const checkout = join(directory, machine);
  mkdirSync(join(checkout, ".cargo"), { recursive: true });
  writeFileSync(
    join(checkout, ".cargo", "green.toml"),
    `[remotes.sample]\nurl = "${remote}"\nvisibility = "private"\n`,
  );
  const env = {
    ...surroundings,
    ...{ CARGO_HOME: join(directory, "cargo"), CARGOGREEN_CACHE_DIR: cacheOf(machine) },
    ...{ AWS_ACCESS_KEY_ID: "sample", AWS_SECRET_ACCESS_KEY: "sample" },
  };
  await promisify(execFile)(green, ["green", ...args], { cwd: checkout, env });
}

/** Builds on a machine that has nothing but the sources, twice, as the first process of a machine keeps no code. */
async function fetchAnew(machine: string, remote: string): Promise<void> {
  for (const _ of ["notes", "keeps"]) {
    const [checkout, cache] = [join(directory, machine), cacheOf(machine)];
    rmSync(checkout, { recursive: true, force: true });
    cpSync(join(directory, "first"), checkout, {
      recursive: true,
      filter: (path) => path !== join(directory, "first", "target"),
    });
    for (const name of readdirSync(cache)) if (name !== "v8") rmSync(join(cache, name), { recursive: true });
    await run(machine, remote, ["build", "--release"]);
  }
}

function cacheOf(machine: string): string {
  const cache = join(directory, `cache of ${machine}`);
  mkdirSync(cache, { recursive: true });
  return cache;
}

/** Puts the code of some bundles that a machine has kept where it is shipped. */
function ship(machine: string, bundles: readonly string[]): void {
  const place = placeOfShippedCode(join(root, "dist"));
  mkdirSync(place, { recursive: true });
  const kept = join(cacheOf(machine), "v8");
  for (const name of readdirSync(kept).filter((each) => bundles.includes(each.split("-")[0] ?? ""))) {
    const code = keptCode(readFileSync(join(kept, name)));
    if (code === undefined) throw new Error(`No code of ${name} was kept`);
    writeFileSync(join(place, name), code);
    process.stdout.write(`${String(code.length).padStart(9)}  ${name}\n`);
  }
}

try {
  rmSync(join(root, "dist", "code"), { recursive: true, force: true });
  writeSampleProject(join(directory, "first"));
  await run("first", remotes.registry, ["build", "--release"]);
  await run("first", remotes.bucket, ["cache", "push", "sample"]);
  await run("first", remotes.registry, ["cache", "push", "sample"]);
  await fetchAnew("registry", remotes.registry);
  await fetchAnew("bucket", remotes.bucket);
  ship("registry", FROM_REGISTRY);
  ship("bucket", FROM_BUCKET);
  ship("first", FROM_PUSH);
} finally {
  await registry.close();
  bucket.close();
  rmSync(directory, { recursive: true, force: true });
}
