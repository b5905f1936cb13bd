// SPDX-License-Identifier: MIT OR Apache-2.0
import type { NamedRemote } from "../../config/remotes.ts";
import { GreenError } from "../../error.ts";
import { openRemote } from "../../remote/open-remote.ts";
import type { Remote } from "../../remote/remote.ts";

export interface OpeningContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Told in a line of a remote that cannot be opened. */
  readonly say: (line: string) => void;
}

/** The remotes of one build, each opened once. */
export class OpenedRemotes {
  readonly #context: OpeningContext;
  readonly #opened = new Map<string, Promise<Remote | undefined>>();

  constructor(context: OpeningContext) {
    this.#context = context;
  }

  /** Undefined if it cannot be: then a line says why. */
  open(named: NamedRemote): Promise<Remote | undefined> {
    const known = this.#opened.get(named.name);
    if (known !== undefined) return known;
    const { env, cwd, say } = this.#context;
    const opened = openRemote(named.name, named, { env, cwd, firstByteMs: named.budgetMs }).catch(
      (thrown: unknown) => {
        say(failureLine(named, thrown));
        return undefined;
      },
    );
    this.#opened.set(named.name, opened);
    return opened;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#opened.values()].map(async (remote) => (await remote)?.close()));
  }
}

/** What is said of a remote that a build does without. */
export function failureLine({ name }: { readonly name: string }, thrown: unknown): string {
  return `goes on without the remote "${name}": ${reasonOf(thrown)}`;
}

/** `what happened (what to do)` */
export function reasonOf(thrown: unknown): string {
  const { message, hint } = GreenError.from(thrown);
  return hint === undefined ? message : `${message} (${hint})`;
}
