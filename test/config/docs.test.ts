// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BUILT_IN_PROFILES } from "../../src/config/profiles.ts";
import { SETTING_NAMES, SETTINGS } from "../../src/config/settings.ts";
import { fieldsOf, TABLE_KINDS } from "../../src/config/table-fields.ts";

const docs = readFileSync(join(import.meta.dirname, "../../docs/configuration.md"), "utf8");

test.each([
  ...SETTING_NAMES.map((name) => SETTINGS[name].key),
  ...TABLE_KINDS.flatMap((kind) => fieldsOf(kind).map(([, field]) => field.key)),
])("docs/configuration.md explains %s", (key) =>
  expect(docs).toContain(`\`${key.replace(/^privacy\./, "")}\``),
);

test("its table of profiles has every setting that a built-in profile changes", () => {
  const table = docs.slice(docs.indexOf("| setting | default |"), docs.indexOf("`extends = "));
  for (const [profile, values] of Object.entries(BUILT_IN_PROFILES)) {
    expect(table).toContain(`\`${profile}\``);
    for (const name of SETTING_NAMES) {
      if (Object.hasOwn(values, name)) expect(table).toContain(`\n| \`${SETTINGS[name].key}\``);
    }
  }
});
