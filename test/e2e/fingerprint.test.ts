// SPDX-License-Identifier: MIT OR Apache-2.0
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  parseDepInfoFile,
  rerootDepInfoFile,
  writeDepInfoFile,
} from "../../src/cargo/fingerprint/dep-info-file.ts";
import { type HashedFingerprint, readFingerprint } from "../../src/cargo/fingerprint/fingerprint.ts";
import type { FingerprintHash } from "../../src/cargo/fingerprint/fingerprint-hash.ts";
import { pathHash, sourcePath } from "../../src/cargo/fingerprint/path-hash.ts";
import { fingerprintText, rewriteFingerprint } from "../../src/cargo/fingerprint/rewrite-fingerprint.ts";
import { edit } from "../support/files.ts";
import { dependsOn, manifest, textCrate } from "../support/projects.ts";
import { Sandbox } from "../support/sandbox.ts";

/** Lists its directory's parent as watched, by its absolute path. */
const WATCHING = `fn main() {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}/watched.txt", std::path::Path::new(&manifest).parent().unwrap().display());
    println!("cargo:rerun-if-env-changed=PLACE");
    println!("cargo:rustc-env=WATCHED=1");
}
`;

/** A workspace whose units hold absolute paths wherever Cargo may put one. */
function project(sandbox: Sandbox): string {
  sandbox.publish(textCrate("leaf", "leaf"));
  sandbox.publish({
    "Cargo.toml": manifest("middle", `build = "build.rs"\n${dependsOn("leaf")}`).replace(
      "\n\nbuild",
      "\nbuild",
    ),
    "build.rs": "fn main() {}\n",
    "src/lib.rs": "pub fn middle() -> &'static str { leaf::leaf() }\n",
  });
  return sandbox.project("one", {
    "Cargo.toml": `[workspace]\nmembers = ["app", "member"]\nresolver = "2"\n`,
    ".cargo/config.toml": `[env]\nPLACE = { value = "place", relative = true }\n`,
    "shared.txt": "shared",
    "watched.txt": "watched",
    "app/Cargo.toml": manifest("app", `[dependencies]\nmember = { path = "../member" }\nleaf = "1"\n`),
    "app/src/main.rs": `fn unused() {}
fn main() {
    println!("{} {} {:?}", member::line(), include_str!("../../shared.txt"), option_env!("PLACE"));
}
#[test]
fn knows_its_line() {
    assert_eq!(member::line(), leaf::leaf());
}
`,
    "member/Cargo.toml": manifest("member", dependsOn("middle")),
    "member/build.rs": WATCHING,
    "member/src/lib.rs": `pub fn line() -> &'static str { middle::middle() }\n`,
  });
}

interface Place {
  readonly checkout: string;
  readonly cargoHome: string;
}

/** A unit's fingerprint, and where its files lie below the target directory. */
interface Unit {
  readonly file: string;
  readonly fingerprint: HashedFingerprint;
}

describe.each([
  { name: "the stable cargo's layout", toolchain: "+stable", flags: [] },
  { name: "the nightly's new layout", toolchain: "+nightly", flags: ["-Zbuild-dir-new-layout"] },
  { name: "the nightly's checksums", toolchain: "+nightly", flags: ["-Zchecksum-freshness"] },
])("fingerprints in $name", ({ toolchain, flags }) => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox.dispose());

  const at = ({ checkout, cargoHome }: Place) => ({
    in: checkout,
    env: { CARGO_HOME: cargoHome },
    toolchain,
  });
  const test = (place: Place) => sandbox.cargo([...flags, "test", "-v", "--no-run"], at(place));
  const statuses = (stderr: string) => stderr.match(/^ +(Fresh|Dirty|Compiling|Running) \S+/gm) ?? [];

  function unitsIn(target: string): readonly Unit[] {
    return filesIn(target)
      .filter((file) => /fingerprint\/.*\.json$/.test(file))
      .map((file) => {
        const json = readFileSync(join(target, file), "latin1");
        const read = readFingerprint(json, readFileSync(join(target, hashFile(file)), "latin1"));
        if (!read.ok) throw new Error(`${read.reason}: ${json}`);
        expect(fingerprintText(read.fingerprint)).toBe(json);
        return { file, fingerprint: read.fingerprint };
      });
  }

  /** By the old hash of each source's path, that of its place in another checkout and CARGO_HOME. */
  async function newPaths(from: Place, to: Place): Promise<ReadonlyMap<bigint, bigint>> {
    const [before, after] = await Promise.all([from, to].map((place) => sourcesOf(place)));
    return new Map((before ?? []).map((path, index) => [pathHash(path), pathHash(after?.[index] ?? "")]));
  }

  async function sourcesOf(place: Place): Promise<readonly string[]> {
    const { stdout } = await sandbox.cargo(["metadata", "--format-version=1"], at(place));
    const { packages, workspace_root: workspaceRoot } = JSON.parse(stdout) as Metadata;
    return packages.flatMap(({ source, targets }) =>
      targets.map(({ src_path: file }) =>
        sourcePath({ file, isPathPackage: source === null, workspaceRoot }),
      ),
    );
  }

  /** Copies a target directory and rewrites what names the old place; all files get one mtime. */
  async function moveTarget(from: Place, to: Place): Promise<void> {
    const target = join(to.checkout, "target");
    cpSync(join(from.checkout, "target"), target, { recursive: true });
    const path = (old: string) =>
      old.replace(from.checkout, to.checkout).replace(from.cargoHome, to.cargoHome);
    const units = unitsIn(target);
    const paths = await newPaths(from, to);
    const byHash = new Map(units.map((unit) => [unit.fingerprint.hash, unit]));
    const moved = new Map<FingerprintHash, HashedFingerprint>();
    const move = ({ fingerprint }: Unit): HashedFingerprint => {
      const known = moved.get(fingerprint.hash);
      if (known !== undefined) return known;
      const deps = fingerprint.deps.map(({ hash }) => {
        const unit = byHash.get(hash);
        if (unit === undefined) throw new Error(`no unit has the hash ${hash}`);
        return [hash, move(unit).hash] as const;
      });
      const source = paths.get(fingerprint.path);
      if (source === undefined && fingerprint.path !== 0n) throw new Error("a source that nobody names");
      const changes = { deps: new Map(deps), reroot: { path, value: path } };
      const result = rewriteFingerprint(
        fingerprint,
        source === undefined ? changes : { ...changes, path: source },
      );
      if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
      moved.set(fingerprint.hash, result.fingerprint);
      return result.fingerprint;
    };
    for (const unit of units) {
      const fingerprint = move(unit);
      writeFileSync(join(target, unit.file), fingerprintText(fingerprint), "latin1");
      writeFileSync(join(target, hashFile(unit.file)), fingerprint.hash);
    }
    for (const file of filesIn(target).map((name) => join(target, name))) {
      if (basename(file).startsWith("dep-")) {
        const old = readFileSync(file);
        const depInfo = parseDepInfoFile(old);
        if (depInfo === undefined) throw new Error(`${file} is not dep-info`);
        expect(Buffer.from(writeDepInfoFile(depInfo))).toEqual(old);
        const rerooted = rerootDepInfoFile(depInfo, { path, value: path });
        if (!rerooted.ok) throw new Error(rerooted.noPlace);
        writeFileSync(file, writeDepInfoFile(rerooted.depInfo));
      } else if (["output", "stdout", "root-output"].includes(basename(file))) {
        const text = readFileSync(file, "utf8");
        writeFileSync(file, text.replaceAll(from.checkout, to.checkout));
      }
    }
    const stamp = new Date();
    for (const file of filesIn(target)) utimesSync(join(target, file), stamp, stamp);
  }

  it("are reproduced, and rewritten for another checkout and CARGO_HOME are Fresh there", async () => {
    const one: Place = { checkout: project(sandbox), cargoHome: sandbox.cargoHome };
    await test(one);
    await sandbox.cargo([...flags, "build"], at(one));
    const kinds = unitsIn(join(one.checkout, "target")).map(({ file }) => basename(file, ".json"));
    expect([...new Set(kinds)].sort()).toEqual([
      ...["bin-app", "build-script-build-script-build", "lib-leaf", "lib-member", "lib-middle"],
      ...["run-build-script-build-script-build", "test-bin-app", "test-lib-member"],
    ]);

    const two: Place = { checkout: sandbox.checkout(one.checkout, "two"), cargoHome: sandbox.path("cargo2") };
    mkdirSync(two.cargoHome);
    cpSync(join(one.cargoHome, "config.toml"), join(two.cargoHome, "config.toml"));
    await sandbox.cargo(["fetch"], at(two));
    await edit(two.checkout, {}); // so that what is laid down is newer
    await moveTarget(one, two);
    rmSync(one.checkout, { recursive: true });
    rmSync(one.cargoHome, { recursive: true });

    const fresh = await test(two);
    expect(
      statuses(fresh.stderr)
        .map((line) => line.trim())
        .sort(),
    ).toEqual([...["Fresh app", "Fresh leaf", "Fresh member", "Fresh middle"]]);
    expect(fresh.compiled).toEqual([]);
    expect(fresh.stderr).toContain("function `unused` is never used");

    await edit(two.checkout, { "shared.txt": "edited" });
    const edited = await test(two);
    expect(new Set(edited.compiled)).toEqual(new Set(["app"]));
    await edit(two.checkout, { "watched.txt": "edited" });
    const watched = await test(two);
    expect(new Set(watched.compiled)).toEqual(new Set(["app", "member"]));
  });

  it("copied without being rewritten are not Fresh", async () => {
    const one: Place = { checkout: project(sandbox), cargoHome: sandbox.cargoHome };
    await test(one);
    const two: Place = { checkout: one.checkout, cargoHome: sandbox.path("cargo2") };
    mkdirSync(two.cargoHome);
    cpSync(join(one.cargoHome, "config.toml"), join(two.cargoHome, "config.toml"));
    const { stderr } = await test(two);
    expect(statuses(stderr)).toContainEqual(expect.stringMatching(/Dirty leaf/));
  });
});

interface Metadata {
  readonly packages: readonly {
    readonly source: string | null;
    readonly targets: readonly { readonly src_path: string }[];
  }[];
  readonly workspace_root: string;
}

function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

function hashFile(json: string): string {
  return join(dirname(json), basename(json, ".json"));
}
