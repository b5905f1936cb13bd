// SPDX-License-Identifier: MIT OR Apache-2.0
import { Command, Flags } from "@oclif/core";
import type { Config } from "../src/config/config.ts";
import { resolveConfig } from "../src/config/resolve.ts";
import { openStore } from "../src/store/open-store.ts";
import type { Store } from "../src/store/store.ts";
import { COLOR_CHOICES, type ColorChoice, paintFor } from "../src/ui/color.ts";
import { JSON_SCHEMA } from "../src/ui/json.ts";
import type { TableView } from "../src/ui/table.ts";

/** What every command's flags have in common. */
export interface CommonFlags {
  readonly json: boolean;
  readonly color: string | undefined;
}

/** A result for people (text for a terminal of some width) and for programs (docs/json.md). */
export interface Printable {
  readonly json: () => object;
  readonly text: (view: TableView) => string;
}

/** Base of all commands: the flags that all have, the store, and where results go. */
export abstract class GreenCommand extends Command {
  static override baseFlags = {
    json: Flags.boolean({ helpGroup: "GLOBAL", summary: "Print JSON, as docs/json.md describes it" }),
    color: Flags.string({ helpGroup: "GLOBAL", options: [...COLOR_CHOICES], summary: "When to use colours" }),
    debug: Flags.boolean({ helpGroup: "GLOBAL", summary: "Show where an error came from" }),
  };

  /** The settings in force here. */
  protected settings(): Config {
    return resolveConfig({ env: process.env, cwd: process.cwd() });
  }

  /** Opens the local store, and closes it after `work`. */
  protected async withStore<T>(work: (store: Store) => T | Promise<T>): Promise<T> {
    const store = openStore(this.settings().cacheDir);
    try {
      return await work(store);
    } finally {
      store.close();
    }
  }

  /** Writes a result to stdout. */
  protected print(flags: CommonFlags, result: Printable): void {
    const text = flags.json
      ? `${JSON.stringify({ schema: JSON_SCHEMA, ...result.json() }, undefined, 2)}\n`
      : result.text(this.view(flags));
    process.stdout.write(text);
  }

  /** How stdout looks: a pipe has no width to fit. */
  protected view(flags: CommonFlags): TableView {
    const { isTTY, columns } = process.stdout;
    return {
      width: isTTY ? (columns ?? 80) : Number.POSITIVE_INFINITY,
      paint: paintFor({ env: process.env, isTTY, flag: flags.color as ColorChoice | undefined }),
    };
  }
}
