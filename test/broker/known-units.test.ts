// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type KnownUnit, KnownUnits, knownFromRecord } from "../../src/broker/known-units.ts";
import { GreenError } from "../../src/error.ts";
import { digestOf } from "../../src/unit/digest.ts";
import type { UnitKind, UnitRecord } from "../../src/unit/record.ts";
import { sampleOutput, sampleRecord } from "../store/fixtures/sample-record.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

/** Records of libraries `lib<name>.rlib` and `.rmeta` that hold their content's text, on those named. */
function record(
  name: string,
  content: string,
  on: readonly UnitRecord[] = [],
  kind: UnitKind = "lib",
): UnitRecord {
  const output = (path: string, text: string) => sampleOutput(digestOf(text), text.length, path);
  const outputs =
    kind === "proc-macro"
      ? [output(`lib${name}.so`, content)]
      : [output(`lib${name}.rlib`, `${content} rlib`), output(`lib${name}.rmeta`, content)];
  return {
    ...sampleRecord({ name: `${name} ${content} ${on.map(({ instance }) => instance)}`, identity: { kind } }),
    outputs: [...outputs, output(`${name}.d`, "dep-info")],
    dependencies: on.map(({ instance }) => instance),
  };
}

/** A target directory in which the libraries of these records lie. */
function targetOf(...records: readonly UnitRecord[]) {
  const directory = join(temporaryDirectory(), "deps");
  mkdirSync(directory);
  const contents = ["one", "two", "three"].flatMap((text) => [text, `${text} rlib`]);
  for (const { path, digest } of records.flatMap(({ outputs }) => outputs)) {
    const content = contents.find((text) => digestOf(text) === digest);
    if (content !== undefined) writeFileSync(join(directory, path), content);
  }
  return { directory, at: (name: string) => join(directory, name) };
}

function known(...records: readonly UnitRecord[]): KnownUnits {
  return new KnownUnits({
    withOutput: (digest) => records.filter(({ outputs }) => outputs.some((each) => each.digest === digest)),
    byInstance: (instance) => records.find((each) => each.instance === instance),
    async digestFile(path) {
      if (!existsSync(path)) throw new GreenError("not-found", path);
      return digestOf(readFileSync(path));
    },
  });
}

const keyOf = async (unit: Promise<KnownUnit | undefined>) => (await unit)?.instance;

describe("KnownUnits", () => {
  it("has an announced unit by its rlib as by its rmeta, and asks for it once", async () => {
    const units = known();
    const unit = knownFromRecord(sampleRecord());
    let asked = 0;
    units.announce("/t/liba-1.rmeta", async () => {
      asked++;
      return unit;
    });
    expect(await Promise.all([units.at("/t/liba-1.rlib", []), units.at("/t/liba-1.rmeta", [])])).toEqual([
      unit,
      unit,
    ]);
    expect(asked).toBe(1);
    expect(await units.at("/t/liba-2.rmeta", [])).toBeUndefined();
  });

  it("takes the announcement's word, not that of an earlier file, and the last of several", async () => {
    const earlier = record("a", "one");
    const target = targetOf(earlier);
    const units = known(earlier);
    expect(await keyOf(units.at(target.at("liba.rlib"), []))).toBe(earlier.instance);
    units.announce(target.at("liba.rmeta"), async () => undefined);
    expect(await units.at(target.at("liba.rlib"), [])).toBeUndefined();
    const later = knownFromRecord(record("a", "two"));
    units.announce(target.at("liba.rmeta"), async () => later);
    expect(await units.at(target.at("liba.rlib"), [])).toBe(later);
  });

  it("recognises a unit of an earlier build by its bytes, and not when they changed", async () => {
    const earlier = record("a", "one");
    const target = targetOf(earlier);
    expect(await known(earlier).at(target.at("liba.rlib"), [])).toEqual(knownFromRecord(earlier));
    writeFileSync(target.at("liba.rlib"), "two rlib");
    expect(await known(earlier).at(target.at("liba.rlib"), [])).toBeUndefined();
    // Its other half is no longer the same compilation's.
    expect(await known(earlier).at(target.at("liba.rmeta"), [])).toBeUndefined();
  });

  it("tells equal bytes on different dependencies apart by what lies in place", async () => {
    const [old, fresh] = [record("dep", "one"), record("dep", "two")];
    const [onOld, onFresh] = [record("mid", "three", [old]), record("mid", "three", [fresh])];
    const units = () => known(onOld, onFresh, old, fresh);
    expect(await keyOf(units().at(targetOf(onOld, old).at("libmid.rlib"), []))).toBe(onOld.instance);
    const target = targetOf(onFresh, fresh);
    expect(await keyOf(units().at(target.at("libmid.rlib"), []))).toBe(onFresh.instance);
    rmSync(target.at("libdep.rmeta"));
    expect(await units().at(target.at("libmid.rlib"), [])).toBeUndefined();
  });

  it("finds what lies below in the other directories that rustc searches", async () => {
    const dependency = record("dep", "one");
    const unit = record("mid", "two", [dependency]);
    const [here, there] = [targetOf(unit), targetOf(dependency)];
    const units = () => known(unit, dependency);
    expect(await units().at(here.at("libmid.rlib"), [])).toBeUndefined();
    expect(await keyOf(units().at(here.at("libmid.rlib"), [there.directory]))).toBe(unit.instance);
  });

  it("lets a proc-macro stand by itself: what it was made from need not lie there", async () => {
    const dependency = record("dep", "one");
    const derive = record("derive", "two", [dependency], "proc-macro");
    const target = targetOf(derive);
    expect(await keyOf(known(derive, dependency).at(target.at("libderive.so"), []))).toBe(derive.instance);
  });

  it("hands on that a stored unit's record is made, with its class", async () => {
    const stored = sampleRecord({ privacy: "private" });
    expect(await knownFromRecord(stored).recorded).toEqual(stored.privacy);
  });
});
