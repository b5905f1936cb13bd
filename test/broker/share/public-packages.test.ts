// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { isPublicPackage, publicClosure, withMirror } from "../../../src/broker/share/public-packages.ts";

const CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index";
const LISTS = { publicRegistries: ["https://mirror.example/index"], publicGit: [] };
const locked = (name: string, source: string | undefined, dependencies: readonly string[] = []) => ({
  ...{ name, version: "1.0.0", source, dependencies },
  checksum: source === undefined ? undefined : "0".repeat(64),
});
/** A configuration with these values, as they are written. */
const configOf = (values: Readonly<Record<string, string>>) => ({
  values: (...path: readonly string[]) => {
    const value = values[path.join(".")];
    return value === undefined ? [] : [value];
  },
});

test("what crates.io has is everybody's, unless Cargo asks another registry in its place that is not", () => {
  const packages = [locked("serde", CRATES_IO)];
  const isPublic = (values: Readonly<Record<string, string>>) =>
    withMirror(packages, configOf(values)).map((each) => isPublicPackage(each, LISTS));
  expect(isPublic({})).toEqual([true]);
  const replaced = { "source.crates-io.replace-with": `"acme"` };
  expect(isPublic(replaced)).toEqual([false]);
  expect(isPublic({ ...replaced, "source.acme.registry": `"sparse+https://acme.example/index/"` })).toEqual([
    false,
  ]);
  expect(isPublic({ ...replaced, "source.acme.local-registry": `"/srv/crates"` })).toEqual([false]);
  const listed = `"sparse+https://mirror.example/index/"`;
  expect(isPublic({ ...replaced, "source.acme.registry": listed })).toEqual([true]);
  expect(isPublic({ ...replaced, "registries.acme.index": listed })).toEqual([true]);
  const twice = { ...replaced, "source.acme.registry": listed, "source.acme.replace-with": `"own"` };
  expect(isPublic(twice)).toEqual([false]);
});

test("what stands on a private package, at any depth, is not asked for", () => {
  const packages = [
    locked("app", undefined, ["a", "c"]),
    locked("a", CRATES_IO, ["b 1.0.0"]),
    locked("b", CRATES_IO, ["patched"]),
    locked("c", CRATES_IO, ["d"]),
    locked("d", CRATES_IO, ["c"]),
    locked("patched", undefined),
  ];
  expect([...publicClosure(packages, LISTS)].map(({ name }) => name)).toEqual(["c", "d"]);
});
