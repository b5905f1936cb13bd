// SPDX-License-Identifier: MIT OR Apache-2.0
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linkedFiles } from "../../../src/broker/container/linked-files.ts";
import { MadeFiles } from "../../../src/broker/container/made-files.ts";
import type { KnownUnit } from "../../../src/broker/known-units.ts";
import type { InstanceId } from "../../../src/unit/digest.ts";
import type { UnitKind, UnitRecord } from "../../../src/unit/record.ts";
import { sampleRecord } from "../../store/fixtures/sample-record.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

/** A deps directory with libraries of an earlier build: a on b on c, b on the proc-macro m, which is on d. */
function dependencies() {
  const directory = temporaryDirectory();
  const at = (name: string) => join(directory, name);
  const records = new Map<string, UnitRecord>();
  const add = (name: string, below: readonly string[], kind: UnitKind = "lib") => {
    const files = kind === "lib" ? [`lib${name}.rmeta`, `lib${name}.rlib`] : [`lib${name}.so`];
    for (const file of files) writeFileSync(at(file), name);
    writeFileSync(at(`${name}.d`), "");
    const sample = sampleRecord();
    records.set(name, {
      ...sample,
      instance: name as string as InstanceId,
      identity: { ...sample.identity, kind },
      dependencies: below as readonly string[] as readonly InstanceId[],
      outputs: [...files, `${name}.d`].map((path) => ({ ...sample.outputs[0], path }) as never),
    });
  };
  add("d", []);
  add("m", ["d"], "proc-macro");
  add("c", []);
  add("b", ["c", "m"]);
  add("a", ["b"]);
  const made = new MadeFiles();
  const context = {
    made,
    known: {
      at: async (path: string) => {
        const name = /lib(\w+)\.\w+$/.exec(path)?.[1] ?? "";
        return records.has(name) ? ({ instance: name } as unknown as KnownUnit) : undefined;
      },
    },
    store: { byInstance: (instance: InstanceId) => records.get(instance) },
  };
  const names = async (externs: readonly string[], links: boolean) => {
    const found = await linkedFiles({ externs: externs.map(at), directories: [directory], links }, context);
    return found.map((path) => path.slice(directory.length + 1));
  };
  return { at, names, made, forget: () => records.clear() };
}

test("metadata of all that is below does where nothing is linked, and proc-macros end it", async () => {
  const { names } = dependencies();
  expect(await names(["liba.rmeta"], false)).toEqual(["liba.rmeta", "libb.rmeta", "libc.rmeta", "libm.so"]);
});

test("what links has all of the code", async () => {
  const { names } = dependencies();
  expect(await names(["liba.rlib"], true)).toEqual(["liba.rlib", "libb.rlib", "libc.rlib", "libm.so"]);
});

test("of what this build compiled it is known what it was compiled against", async () => {
  const { at, names, made } = dependencies();
  writeFileSync(at("libnew.rmeta"), "");
  made.noteCompiled({ files: [at("libnew.rmeta"), at("new.d")], externs: [at("libc.rmeta")] });
  expect(await names(["libnew.rmeta"], false)).toEqual(["libc.rmeta", "libnew.rmeta"]);
});

test("where that cannot be told, everything that is there is taken", async () => {
  const { names, forget } = dependencies();
  forget();
  expect(await names(["liba.rmeta"], false)).toEqual([
    ...["liba.rmeta", "libb.rmeta", "libc.rmeta", "libd.rmeta", "libm.so"],
  ]);
});
