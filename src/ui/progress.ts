// SPDX-License-Identifier: MIT OR Apache-2.0
import type { WriteStream } from "node:tty";

/** Told how far a piece of work is, e.g. `1,204 of 48,001 files`. */
export type Report = (text: string) => void;

export interface ProgressOptions {
  /** What is done, e.g. `Checking files`. */
  readonly title: string;
  /** Where to show it, usually stderr; left out, or not a terminal: the work runs and nothing is shown. */
  readonly stream?: WriteStream | undefined;
}

/** Work that is done sooner is not worth a spinner. */
const QUIET_MS = 1000; // 1 second

/** Runs `work`; if it takes over a second, shows on stderr that it goes on and what it last reported. */
export async function withProgress<T>(
  { title, stream }: ProgressOptions,
  work: (report: Report) => Promise<T>,
): Promise<T> {
  if (stream?.isTTY !== true) return work(() => {});
  let latest = "";
  let show: Report = () => {};
  const running = work((text) => {
    latest = text;
    show(text);
  });
  const settled = running.then(
    () => true,
    () => true,
  );
  if (await raceQuiet(settled)) return running;
  const { spin } = await import("./spinner.ts");
  const spinner = spin(title, settled, stream);
  show = spinner.report;
  if (latest !== "") show(latest);
  await spinner.done;
  return running;
}

async function raceQuiet(settled: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const quiet = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, QUIET_MS, false);
  });
  try {
    return await Promise.race([settled, quiet]);
  } finally {
    clearTimeout(timer);
  }
}
