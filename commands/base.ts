// SPDX-License-Identifier: MIT OR Apache-2.0
import { once } from "node:events";
import { constants } from "node:os";
import { Command, Flags } from "@oclif/core";
import type { Config } from "../src/config/config.ts";
import { nearestName } from "../src/config/nearest.ts";
import type { NamedRemote } from "../src/config/remotes.ts";
import { type ResolvedConfig, resolveConfig } from "../src/config/resolve.ts";
import type { GreenError } from "../src/error.ts";
import { takeGreenFlags } from "../src/green-flags.ts";
import { interruptible } from "../src/interruptible.ts";
import type { Remote } from "../src/remote/remote.ts";
import { openStore } from "../src/store/open-store.ts";
import type { Selection } from "../src/store/selection.ts";
import type { Store } from "../src/store/store.ts";
import { unmatchedSelectors } from "../src/store/unmatched.ts";
import { COLOR_CHOICES, type ColorChoice, paintFor } from "../src/ui/color.ts";
import { JSON_SCHEMA } from "../src/ui/json.ts";
import type { TableView } from "../src/ui/table.ts";
import { formatUnmatched } from "../src/ui/unmatched.ts";
import { consent } from "./consent.ts";

/** Among more crates than this the one that was meant is not looked for. */
const MOST_NAMES = 2000; // 2,000 names

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

/** What a command lends to work that several commands have in common. */
export interface CommandIo {
  /** Status goes there, unless programs read the result. */
  readonly progress: NodeJS.WriteStream | undefined;
  print(result: Printable): void;
  consent(question: string, yes: boolean): Promise<boolean>;
  resolved(): Promise<ResolvedConfig>;
  withStore<T>(work: (store: Store) => T | Promise<T>): Promise<T>;
  untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  warnOfUnreadable(name: string, problem: GreenError): void;
}

/** Base of all commands: the flags that all have, the store, and where results go. */
export abstract class GreenCommand extends Command {
  static override baseFlags = {
    json: Flags.boolean({ helpGroup: "GLOBAL", summary: "Print JSON, as docs/json.md describes it" }),
    color: Flags.string({ helpGroup: "GLOBAL", options: [...COLOR_CHOICES], summary: "When to use colours" }),
    debug: Flags.boolean({ helpGroup: "GLOBAL", summary: "Show where an error came from" }),
    "green-profile": Flags.string({ helpGroup: "GLOBAL", helpValue: "ci", summary: "Profile of settings" }),
    "green-config": Flags.string({
      helpGroup: "GLOBAL",
      helpValue: "KEY=VALUE",
      multiple: true,
      multipleNonGreedy: true,
      summary: "A setting, as in `cargo green config show`",
    }),
  };

  /** The settings in force here. */
  protected async settings(): Promise<Config> {
    return (await this.resolved({ exact: false })).config;
  }

  /** The same, with where each comes from. `start`: a manifest or directory instead of this one. */
  protected resolved(options: {
    readonly exact: boolean;
    readonly start?: string | undefined;
  }): Promise<ResolvedConfig> {
    const { profile, config } = takeGreenFlags(this.argv).flags;
    const cwd = process.cwd();
    return resolveConfig({ start: cwd, ...options, env: process.env, cwd, profile, flags: config });
  }

  /**
   * Asks on the terminal, unless `--yes`.
   * @throws GreenError "usage" where there is nobody to ask, or settings say that nobody is to be asked
   */
  protected async consent(question: string, yes: boolean): Promise<boolean> {
    return yes || consent(question, (await this.settings()).interactive);
  }

  /** Opens the local store, and closes it after `work`. */
  protected async withStore<T>(work: (store: Store) => T | Promise<T>): Promise<T> {
    const store = openStore((await this.settings()).cacheDir);
    try {
      return await work(store);
    } finally {
      store.close();
    }
  }

  /** Opens a remote, and closes it after `work`, which may be when what was pushed becomes complete. */
  protected async withRemote<T>(named: NamedRemote, work: (remote: Remote) => Promise<T>): Promise<T> {
    const { openRemote } = await import("../src/remote/open-remote.ts");
    const remote = await openRemote(named.name, named, { env: process.env, cwd: process.cwd() });
    let result: T;
    try {
      result = await work(remote);
    } catch (thrown) {
      await remote.close().catch(() => {}); // what went wrong before says more
      throw thrown;
    }
    await remote.close();
    return result;
  }

  /** Says on stderr what of a remote cannot be read and is passed over. */
  protected readonly warnOfUnreadable = (tag: string, { message }: GreenError): void => {
    process.stderr.write(`passed over "${tag}": ${message}\n`);
  };

  /** Does work that ^C ends at once, without leaving anything half done; the process then ends as shells expect it. */
  protected async untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const outcome = await interruptible(work);
    return outcome.kind === "done" ? outcome.value : this.exit(128 + constants.signals[outcome.by]);
  }

  /** This command for work that others do as well. */
  protected io(flags: CommonFlags): CommandIo {
    return {
      progress: flags.json ? undefined : process.stderr,
      print: (result) => this.print(flags, result),
      consent: (question, yes) => this.consent(question, yes),
      resolved: () => this.resolved({ exact: false }),
      withStore: (work) => this.withStore(work),
      untilInterrupted: (work) => this.untilInterrupted(work),
      warnOfUnreadable: this.warnOfUnreadable,
    };
  }

  /** Says on stderr which of the arguments that name units name none, and returns those. */
  protected warnOfUnmatched(store: Store, argv: readonly unknown[], selection: Selection): readonly string[] {
    const selectors = unmatchedSelectors(store, selection).map((at) => String(argv[at]));
    const near = (selector: string) => nearestName(selector, store.packageNames(MOST_NAMES));
    process.stderr.write(formatUnmatched(selectors, near));
    return selectors;
  }

  /** Writes a result to stdout. */
  protected print(flags: CommonFlags, result: Printable): void {
    const text = flags.json
      ? `${JSON.stringify({ schema: JSON_SCHEMA, ...result.json() }, undefined, 2)}\n`
      : result.text(this.view(flags));
    process.stdout.write(text);
  }

  /** Writes a result to stdout as it comes, no faster than that is read. */
  protected async printPieces(pieces: AsyncIterable<string>): Promise<void> {
    for await (const piece of pieces) {
      if (!process.stdout.write(piece)) await once(process.stdout, "drain");
    }
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
