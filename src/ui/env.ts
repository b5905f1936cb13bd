// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Config } from "../config/config.ts";
import type { ResolvedConfig } from "../config/resolve.ts";
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName, variableOf } from "../config/settings.ts";
import { formatOrigin, type Origin } from "../config/source.ts";
import { quoteForShell } from "./shell-quote.ts";

/** The variable by which Cargo itself is told of the shim. */
export const WRAPPER = "RUSTC_WRAPPER";

/** A setting as the variable that would give the same one. */
export interface EnvRow {
  readonly name: string;
  readonly value: string;
  /** Undefined for what is no setting. */
  readonly origin: Origin | undefined;
}

/** The settings in force as variables, in the schema's order; first the shim, if its path is given. */
export function envRows(resolved: ResolvedConfig, wrapper: string | undefined): readonly EnvRow[] {
  const shim: EnvRow[] = wrapper === undefined ? [] : [{ name: WRAPPER, value: wrapper, origin: undefined }];
  const settings = SETTING_NAMES.map((name): EnvRow => {
    const { kind } = SETTINGS[name] as Setting<Config[SettingName]>;
    return {
      name: variableOf(name),
      value: kind.toText(resolved.config[name]),
      origin: resolved.origins.get(name) ?? { kind: "default" },
    };
  });
  return [...shim, ...settings];
}

/** `NAME=value  # where from` lines. */
export function formatEnv(rows: readonly EnvRow[]): string {
  return rows
    .map(({ name, value, origin }) => {
      const from = origin === undefined ? "" : `  # ${formatOrigin(origin)}`;
      return `${name}=${quoteForShell(value)}${from}\n`;
    })
    .join("");
}

/** What `env --json` prints. */
export function envJson(rows: readonly EnvRow[]): object {
  return {
    env: Object.fromEntries(rows.map(({ name, value }) => [name, value])),
    from: Object.fromEntries(rows.flatMap(({ name, origin }) => (origin ? [[name, origin]] : []))),
  };
}
