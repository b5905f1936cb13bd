// SPDX-License-Identifier: MIT OR Apache-2.0
import { BUILDER_DRIVERS, type BuilderEntry } from "../runner/buildkit/connection/builder-entry.ts";
import { type RemoteConfig, VISIBILITIES } from "./config.ts";
import {
  builderUrlKind,
  choiceKind,
  durationKind,
  type Kind,
  listKind,
  optional,
  pathKind,
  remoteUrlKind,
  switchKind,
  textKind,
} from "./kinds.ts";

/** How long a build waits for the first byte of a remote's answer. */
export const DEFAULT_BUDGET_MS = 2000; // 2 seconds

/** A field of a table that has a name, like `[remotes.NAME]`. */
export interface TableField<T> {
  /** In files. */
  readonly key: string;
  readonly kind: Kind<T>;
  /** What it is if nobody says; undefined where there is nothing to say without somebody. */
  readonly fallback: T | undefined;
}

function field<T>(key: string, kind: Kind<T>, fallback: T | undefined): TableField<T> {
  return { key, kind, fallback };
}

type Fields<Table> = { readonly [Field in keyof Table]: TableField<Table[Field]> };

/** Fields of a `[remotes.NAME]` table, in the order in which they are shown. */
export const REMOTE_FIELDS: Fields<RemoteConfig> = {
  url: field("url", remoteUrlKind, undefined),
  visibility: field("visibility", choiceKind(VISIBILITIES), "public"),
  push: field("push", switchKind, true),
  pull: field("pull", switchKind, true),
  unitTags: field("unit-tags", switchKind, false),
  insecure: field("insecure", switchKind, false),
  ca: field("ca", optional(pathKind), undefined),
  clientCert: field("client-cert", optional(pathKind), undefined),
  clientKey: field("client-key", optional(pathKind), undefined),
  mirrors: field("mirrors", listKind, []),
  budgetMs: field("budget", durationKind, DEFAULT_BUDGET_MS),
};

/** Fields of a `[builders.NAME]` table. */
export const BUILDER_FIELDS: Fields<BuilderEntry> = {
  url: field("url", builderUrlKind, undefined),
  driver: field("driver", optional(choiceKind(BUILDER_DRIVERS)), undefined),
  engine: field("engine", optional(textKind), undefined),
  ca: field("ca", optional(pathKind), undefined),
  cert: field("cert", optional(pathKind), undefined),
  key: field("key", optional(pathKind), undefined),
  serverName: field("server-name", optional(textKind), undefined),
};

/** What the tables of a kind become; in each, `url` must be there. */
export interface NamedTables {
  readonly remotes: RemoteConfig;
  readonly builders: BuilderEntry;
}

/** Kinds of tables that have a name each. */
export type TableKind = keyof NamedTables;

/** The schema of each kind. */
export const NAMED_TABLES: { readonly [Name in TableKind]: Fields<NamedTables[Name]> } = {
  remotes: REMOTE_FIELDS,
  builders: BUILDER_FIELDS,
};

/** All kinds, in the order in which they are shown. */
export const TABLE_KINDS = Object.keys(NAMED_TABLES) as readonly TableKind[];

/** The fields of a kind, by their names in our data, in the order of the schema. */
export function fieldsOf(kind: TableKind): readonly (readonly [string, TableField<unknown>])[] {
  // A field of a type is read and shown without regard to that type.
  return Object.entries(NAMED_TABLES[kind]) as unknown as readonly (readonly [string, TableField<unknown>])[];
}
