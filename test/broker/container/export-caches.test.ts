// SPDX-License-Identifier: MIT OR Apache-2.0
import { beforeEach, expect, test } from "vitest";
import {
  type ExportCachesOptions,
  exportCaches,
  type SolvedUnit,
} from "../../../src/broker/container/export-caches.ts";
import type { ContainerUnit } from "../../../src/containerfile/container-unit.ts";
import { GreenError } from "../../../src/error.ts";
import { parseCacheTo } from "../../../src/runner/buildkit/cache-entry.ts";
import type { InstanceId } from "../../../src/unit/digest.ts";

function unit(name: string, below: readonly ContainerUnit[] = [], stage = false): ContainerUnit {
  const platform = "linux/amd64";
  return {
    ...{ name, env: new Map(), cwd: "/", argv: ["true"], output: "/out", network: false },
    base: stage
      ? { kind: "stage", containerfile: "FROM x", platform }
      : { kind: "image", reference: "x@sha256:0", platform },
    inputs: below.map((each) => ({ kind: "output", target: "/x", unit: each, path: "" })),
  };
}

const leaf = unit("leaf");
const above = unit("above", [leaf]);
const own = unit("own", [above]);
const onOwn = unit("on own", [own]);
const staged = unit("staged", [], true);
const SOLVED: readonly SolvedUnit[] = [leaf, above, own, onOwn, staged].map((each) => ({
  ...{ unit: each, instance: each.name as InstanceId },
}));

let exported: { readonly names: readonly string[]; readonly attrs: object }[];
let said: string[];
beforeEach(() => {
  [exported, said] = [[], []];
});

const run = (targets: string, changes: Partial<ExportCachesOptions> = {}) =>
  exportCaches({
    caches: {
      targets: targets.split(" ").map(parseCacheTo),
      async write(target, units, attrs) {
        if (target.attrs["ref"] === "no/way") {
          throw new GreenError("denied", "It does not let us", { hint: "log in" });
        }
        exported.push({ names: units.map(({ name }) => name), attrs: { ...target.attrs, ...attrs } });
      },
    },
    ...{ solved: SOLVED, isWhole: true, stream: undefined, signal: new AbortController().signal },
    // All but one's own, as far as records tell.
    everybodys: async (instances) => new Set(instances.filter((each) => each !== ("own" as InstanceId))),
    say: (line) => said.push(line),
    ...changes,
  });

test("a private cache gets everything, in the mode that is asked for", async () => {
  await run("type=registry,ref=a/b,mode=max,visibility=private");
  const names = ["leaf", "above", "own", "on own", "staged"];
  expect(exported).toEqual([{ names, attrs: { ref: "a/b", mode: "max" } }]);
  expect(said).toEqual(['exported 5 units to the cache "a/b"']);
});

test("a public cache gets what stands on public units alone, and not what that was made of", async () => {
  await run("type=registry,ref=a/b,mode=max");
  expect(exported).toEqual([{ names: ["leaf", "above"], attrs: { ref: "a/b", mode: "min" } }]);
  expect(said).toEqual(['exported 2 units to the cache "a/b"; 3 others may not be seen by everybody']);
});

test("a unit on one that this build did not record is not everybody's", async () => {
  await run("a/b", { solved: SOLVED.filter(({ unit: each }) => each !== leaf) });
  expect(exported).toEqual([]);
});

test("a build that the builder had only a part in leaves caches as they are", async () => {
  await run("a/b", { isWhole: false });
  expect(exported).toEqual([]);
  expect(said).toEqual([expect.stringMatching(/^exported to no cache: some units were here already/)]);
});

test("a cache that cannot be written is told of, and the next one is", async () => {
  await run("no/way type=local,dest=/c");
  expect(said).toEqual([
    'did not export to the cache "no/way": It does not let us (log in)',
    'exported 5 units to the cache "/c"',
  ]);
});
