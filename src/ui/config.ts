// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Config } from "../config/config.ts";
import type { ResolvedConfig } from "../config/resolve.ts";
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName, variableOf } from "../config/settings.ts";
import { formatOrigin, type Origin } from "../config/source.ts";
import { fieldsOf, TABLE_KINDS, type TableKind } from "../config/table-fields.ts";
import { formatSize } from "./size.ts";
import { type Column, formatTable, type TableView } from "./table.ts";

/** One value in force. */
export interface ConfigRow {
  readonly key: string;
  /** Undefined for fields of tables. */
  readonly variable: string | undefined;
  /** As the configuration has it: a number of bytes, a list… */
  readonly value: unknown;
  readonly text: string;
  readonly origin: Origin;
}

/** All values in force, in the schema's order, then those of tables with names. */
export function configRows(resolved: ResolvedConfig): readonly ConfigRow[] {
  const rows = SETTING_NAMES.map((name): ConfigRow => {
    const setting = SETTINGS[name] as Setting<Config[SettingName]>;
    const value = resolved.config[name];
    return {
      key: setting.key,
      variable: variableOf(name),
      value,
      text: name === "keepSize" && typeof value === "number" ? formatSize(value) : setting.kind.toText(value),
      origin: resolved.origins.get(name) ?? { kind: "default" },
    };
  });
  return [...rows, ...TABLE_KINDS.flatMap((kind) => tableRows(resolved, kind))];
}

function tableRows({ config, tableOrigins }: ResolvedConfig, kind: TableKind): readonly ConfigRow[] {
  return Object.entries(config[kind]).flatMap(([table, values]) => {
    const found: ReadonlyMap<string, unknown> = new Map(Object.entries(values));
    return fieldsOf(kind).map(
      ([name, field]): ConfigRow => ({
        key: `${kind}.${table}.${field.key}`,
        variable: undefined,
        value: found.get(name),
        text: field.kind.toText(found.get(name)),
        origin: tableOrigins[kind].get(table)?.get(name) ?? { kind: "default" },
      }),
    );
  });
}

const COLUMNS: readonly Column<ConfigRow>[] = [
  { header: "KEY", cell: ({ key }) => key },
  {
    header: "VALUE",
    cell: ({ text }) => (text === "" ? "-" : text.replaceAll("\n", "⏎")),
    min: 12,
    shorten: "end",
  },
  {
    header: "FROM",
    cell: ({ origin }) => formatOrigin(origin),
    min: 20,
    shorten: "middle",
    style: ({ origin }) => (origin.kind === "default" ? "dim" : undefined),
  },
];

/** What `config show` prints: whose settings these are, then all of them. `unread`: files that look as if they had some. */
export function formatConfig(resolved: ResolvedConfig, unread: readonly string[], view: TableView): string {
  const { profile, places } = resolved;
  const facts = [
    ["profile", profile === undefined ? "none" : `${profile.value}, from ${formatOrigin(profile.origin)}`],
    ["workspace", places.workspaceManifest ?? "none"],
    ["package", places.packageManifest ?? "none"],
    ...[places.user, places.workspaceFile].flatMap((path) =>
      path === undefined
        ? []
        : [["file", path + (resolved.files.some((file) => file.path === path) ? "" : " (not there)")]],
    ),
    ...unread.map((path) => ["not read", `${path} (it is not at the workspace's root)`]),
  ];
  const head = facts.map(([name, value]) => `${view.paint("dim", (name ?? "").padEnd(9))}  ${value}\n`);
  return `${head.join("")}\n${formatTable(COLUMNS, configRows(resolved), view)}`;
}

/** What `config show --json` prints. */
export function configJson(resolved: ResolvedConfig, unread: readonly string[]): object {
  const { profile, places, files } = resolved;
  return {
    profile: profile === undefined ? null : { name: profile.value, from: profile.origin },
    places,
    files: [...new Set(files.map(({ path }) => path))],
    unread,
    settings: configRows(resolved).map(({ key, variable, value, origin }) => ({
      key,
      variable: variable ?? null,
      value: value ?? null,
      from: origin,
    })),
  };
}
