// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import { type Kind, nearestValue, type Place } from "./kinds.ts";
import { nearestName } from "./nearest.ts";
import { lineOf, type TomlDocument } from "./reader.ts";
import { SETTING_NAMES, SETTINGS, type SettingName } from "./settings.ts";
import {
  type ConfigSource,
  type Found,
  type FoundFields,
  type FoundTables,
  type Origin,
  sourceOf,
} from "./source.ts";
import { fieldsOf, TABLE_KINDS, type TableKind } from "./table-fields.ts";

/** A table of settings: what it says itself, and the profile that it builds on. */
export interface SettingsTable {
  readonly source: ConfigSource;
  readonly extends: Found<string> | undefined;
}

/** All that one file, or one `metadata.green` table, says. */
export interface SettingsFile extends SettingsTable {
  readonly path: string;
  /** `[profile.NAME]` tables by name. */
  readonly profiles: ReadonlyMap<string, SettingsTable>;
}

type Table = Readonly<Record<string, unknown>>;

const KEYS = new Map<string, SettingName>(SETTING_NAMES.map((name) => [SETTINGS[name].key, name]));
/** `add` and `privacy`: tables that only group settings. */
const GROUPS = new Set([...KEYS.keys()].flatMap((key) => (key.includes(".") ? [key.split(".")[0]] : [])));

/**
 * Reads the settings at `prefix` of a document (`[]`, or `["package", "metadata", "green"]`); undefined if there is
 * no such table. All of it is checked, tables of other profiles too.
 * @throws GreenError "config" that names file, line and key
 */
export function readSettings(
  document: TomlDocument,
  prefix: readonly string[],
  place: Place,
): SettingsFile | undefined {
  let value: unknown = document.root;
  for (const part of prefix) value = isTable(value) ? value[part] : undefined;
  if (value === undefined) return undefined;
  return new TableReader(document, place).file(value, prefix);
}

/** True for what TOML calls a table, inline or not. */
export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
    ? true
    : typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null;
}

class TableReader {
  readonly #document: TomlDocument;
  readonly #place: Place;

  constructor(document: TomlDocument, place: Place) {
    this.#document = document;
    this.#place = place;
  }

  file(value: unknown, at: readonly string[]): SettingsFile {
    const { profile, ...rest } = this.#table(value, at);
    const profiles = new Map<string, SettingsTable>();
    if (profile !== undefined) {
      for (const [name, table] of Object.entries(this.#table(profile, [...at, "profile"]))) {
        const path = [...at, "profile", name];
        profiles.set(name, this.#settings(this.#table(table, path), path, []));
      }
    }
    return { ...this.#settings(rest, at, ["profile"]), profiles, path: this.#document.path };
  }

  #settings(table: Table, at: readonly string[], more: readonly string[]): SettingsTable {
    const { extends: base, ...rest } = table;
    const values = new Map<SettingName, Found>();
    const tables: { [Kind in TableKind]?: ReadonlyMap<string, FoundFields> } = {};
    for (const [key, value] of Object.entries(rest)) {
      const kind = TABLE_KINDS.find((each) => each === key);
      if (kind !== undefined) {
        tables[kind] = this.#named(kind, value, [...at, key]);
        continue;
      }
      if (GROUPS.has(key)) {
        for (const [own, below] of Object.entries(this.#table(value, [...at, key]))) {
          this.#setting(values, below, [...at, key, own], `${key}.${own}`, []);
        }
      } else {
        this.#setting(values, value, [...at, key], key, ["extends", ...TABLE_KINDS, ...more]);
      }
    }
    return {
      source: sourceOf(values, tables satisfies FoundTables),
      extends: base === undefined ? undefined : this.#extends(base, [...at, "extends"]),
    };
  }

  #setting(
    values: Map<SettingName, Found>,
    value: unknown,
    at: readonly string[],
    key: string,
    more: readonly string[],
  ): void {
    const name = KEYS.get(key);
    if (name === undefined) throw this.#unknown(at, key, [...KEYS.keys(), ...GROUPS, ...more]);
    values.set(name, this.#value(SETTINGS[name].kind, value, at));
  }

  #extends(value: unknown, at: readonly string[]): Found<string> {
    if (typeof value !== "string") throw this.#wrong(at, value, "the name of a profile");
    return { value, origin: this.#origin(at) };
  }

  #named(kind: TableKind, value: unknown, at: readonly string[]): ReadonlyMap<string, FoundFields> {
    const schema = fieldsOf(kind);
    const tables = new Map<string, FoundFields>();
    for (const [name, table] of Object.entries(this.#table(value, at))) {
      const fields = new Map<string, Found>();
      for (const [key, own] of Object.entries(this.#table(table, [...at, name]))) {
        const path = [...at, name, key];
        const found = schema.find(([, field]) => field.key === key);
        if (found === undefined)
          throw this.#unknown(
            path,
            key,
            schema.map(([, field]) => field.key),
          );
        fields.set(found[0], this.#value(found[1].kind, own, path));
      }
      tables.set(name, fields);
    }
    return tables;
  }

  #value(kind: Kind<unknown>, value: unknown, at: readonly string[]): Found {
    const parsed = this.#parse(kind, value, at);
    if (parsed === undefined)
      throw this.#wrong(at, value, kind.wantedInFiles ?? kind.wanted, nearestValue(kind, value));
    return { value: parsed, origin: this.#origin(at) };
  }

  #parse(kind: Kind<unknown>, value: unknown, at: readonly string[]): unknown {
    try {
      return kind.fromToml(value, this.#place);
    } catch (thrown) {
      const { message, hint = "change or remove that line" } = GreenError.from(thrown);
      const { path, line, key } = this.#origin(at);
      throw new GreenError("config", `${path}:${line}: ${key}: ${message}`, { hint, cause: thrown });
    }
  }

  #table(value: unknown, at: readonly string[]): Table {
    if (isTable(value)) return value;
    throw this.#wrong(at, value, "a table");
  }

  #origin(at: readonly string[]): Extract<Origin, { kind: "file" }> {
    const { path } = this.#document;
    return { kind: "file", path, line: lineOf(this.#document, at), key: at.join(".") };
  }

  #wrong(at: readonly string[], value: unknown, wanted: string, near?: string): GreenError {
    const { path, line, key } = this.#origin(at);
    const shown = JSON.stringify(value, (_, each: unknown) =>
      typeof each === "bigint" ? String(each) : each,
    );
    return new GreenError("config", `${path}:${line}: ${key} is ${shown}, which is not ${wanted}`, {
      hint: near === undefined ? "change or remove that line" : `did you mean "${near}"?`,
    });
  }

  #unknown(at: readonly string[], key: string, names: readonly (string | undefined)[]): GreenError {
    const { path, line, key: full } = this.#origin(at);
    const near = nearestName(
      key,
      names.filter((name) => name !== undefined),
    );
    return new GreenError("config", `${path}:${line}: ${full} is no setting`, {
      hint:
        near === undefined
          ? "remove that line; `cargo green config show` lists the settings"
          : `did you mean \`${near}\`?`,
    });
  }
}
