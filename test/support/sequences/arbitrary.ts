// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { SOURCE_NAMES, SOURCES, type Source } from "./sources.ts";
import {
  type Afterwards,
  type Change,
  type Command,
  CRATES,
  type FileTime,
  LOSSES,
  SETTINGS,
  type SettingName,
  type Step,
  type Tool,
} from "./steps.ts";

/** One of some values, each as often as its number says. */
function often<T extends string>(weights: Readonly<Record<T, number>>): fc.Arbitrary<T> {
  const entries = Object.entries(weights) as [T, number][];
  return fc.oneof(...entries.map(([value, weight]) => ({ arbitrary: fc.constant(value), weight })));
}

const file = fc.constantFrom(...SOURCE_NAMES);
const crate = fc.constantFrom(...CRATES);
const time = often<FileTime>({ now: 16, "as then": 6, "in an hour": 1 });

const edit = file.chain((name) => {
  const { variants, breaks }: Source = SOURCES[name];
  const good = fc.nat(variants - (breaks === true ? 2 : 1));
  const variant = fc.oneof(
    { arbitrary: good, weight: 9 },
    { arbitrary: fc.constant(variants - 1), weight: 1 },
  );
  return fc.record({ do: fc.constant("edit" as const), file: fc.constant(name), variant, time });
});

const set = often<SettingName>({
  checkout: 8,
  target: 6,
  profile: 3,
  triple: 1,
  features: 3,
  rustflags: 1,
  incremental: 2,
  cargoHome: 1,
  GREEN_OPT: 3,
  GREEN_WORD: 3,
  GREEN_HIDDEN: 2,
}).chain((name) => {
  const to = fc.constantFrom<string>(...SETTINGS[name]);
  return fc.record({ do: fc.constant("set" as const), name: fc.constant(name), to });
});

const interrupt = fc.record({
  do: fc.constant("interrupt" as const),
  signal: fc.constantFrom("SIGINT", "SIGKILL"),
  // From before anything was built until after everything was, if little is to be done.
  afterMs: fc.nat(20).map((times) => times * 50),
});

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 12, arbitrary: edit },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("touch" as const), file, time }) },
  { weight: 8, arbitrary: set },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("remove target", "clean") }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("clean", "forget"), crate }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("lose" as const), what: fc.constantFrom(...LOSSES), crate }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("save target", "restore target") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("swap checkouts", "clone again") }) },
  { weight: 2, arbitrary: interrupt },
);

const step: fc.Arbitrary<Step> = fc.record({
  changes: fc.array(change, { maxLength: 3, size: "max" }),
  tool: often<Tool>({ green: 8, plain: 1, wrapper: 1 }),
  command: often<Command>({ build: 16, run: 1, check: 2, part: 1, test: 1 }),
  afterwards: often<Afterwards>({ nothing: 45, "is fresh": 14, "from nothing": 1 }),
});

/** A sequence of builds and of what happens between them. */
export const sequence: fc.Arbitrary<readonly Step[]> = fc.array(step, {
  minLength: 1,
  maxLength: 12,
  size: "max",
});
