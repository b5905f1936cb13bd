// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitStore } from "../store/store.ts";

/** Something that a build tells its user in a line. */
export interface Notice {
  readonly line: string;
  /** What it is about, if it is about this machine and not about this build: said again only when it is another line. */
  readonly topic?: string;
}

export interface NoticesOptions {
  readonly store: Pick<UnitStore, "memo" | "remember">;
  /** Writes a line to the terminal; undefined where nobody would see it. */
  readonly show: ((line: string) => void) | undefined;
  /** What was said earlier is said again. */
  readonly verbose: boolean;
  /** Tells machines apart that share a cache, and kernels of one machine. */
  readonly machine: string;
}

const NAMESPACE = "told";

/** All that one build has to tell: kept for `cache why`, and shown, if there is somebody to show it to. */
export class Notices {
  readonly #options: NoticesOptions;
  readonly #lines = new Set<string>();

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** Every line once, in the order of their first coming. */
  get lines(): readonly string[] {
    return [...this.#lines];
  }

  say({ line, topic }: Notice): void {
    if (this.#lines.has(line)) return;
    this.#lines.add(line);
    const { show, verbose } = this.#options;
    if (show === undefined) return;
    const isNews = topic === undefined || this.#isNews(topic, line);
    if (isNews || verbose) show(line);
  }

  /** It is not so any more: if it comes back, that is news. */
  settle(topic: string): void {
    const { store, machine } = this.#options;
    if (store.memo(NAMESPACE, keyOf(topic, machine))) store.remember(NAMESPACE, keyOf(topic, machine), "");
  }

  #isNews(topic: string, line: string): boolean {
    const { store, machine } = this.#options;
    if (store.memo(NAMESPACE, keyOf(topic, machine)) === line) return false;
    store.remember(NAMESPACE, keyOf(topic, machine), line);
    return true;
  }
}

function keyOf(topic: string, machine: string): string {
  return JSON.stringify([topic, machine]);
}
