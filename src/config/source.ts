// SPDX-License-Identifier: MIT OR Apache-2.0
import type { SettingName } from "./settings.ts";
import type { TableKind } from "./table-fields.ts";

/** Where a value comes from. */
export type Origin =
  | { readonly kind: "default" }
  /** A profile that is built in. */
  | { readonly kind: "profile"; readonly name: string }
  /** `key` as it stands in that file: `workspace.metadata.green.sandbox`. */
  | { readonly kind: "file"; readonly path: string; readonly line: number; readonly key: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "flag"; readonly name: string };

/** A value that was found, already checked, and where. */
export interface Found<T = unknown> {
  readonly value: T;
  readonly origin: Origin;
}

/** Fields that a place has for a table with a name, by their names in our data. */
export type FoundFields = ReadonlyMap<string, Found>;

/** Tables with names that a place has, by kind and name. */
export type FoundTables = { readonly [Kind in TableKind]?: ReadonlyMap<string, FoundFields> };

/**
 * One place that settings may come from. Several are asked from the strongest to the weakest, and the first that has
 * a value wins; tables with names are put together field by field.
 */
export interface ConfigSource {
  find(setting: SettingName): Found | undefined;
  readonly tables: FoundTables;
}

/** A source that is made of values in memory. */
export function sourceOf(values: ReadonlyMap<SettingName, Found>, tables: FoundTables = {}): ConfigSource {
  return { find: (setting) => values.get(setting), tables };
}

/** As a person would look for it: `/home/ann/.cargo/green.toml:3`, `CARGOGREEN_LOG`. */
export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case "default":
      return "default";
    case "profile":
      return `profile ${origin.name} (built in)`;
    case "file":
      return `${origin.path}:${origin.line}`;
    case "variable":
    case "flag":
      return origin.name;
  }
}
