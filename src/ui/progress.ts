// SPDX-License-Identifier: MIT OR Apache-2.0
import type { WriteStream } from "node:tty";
import { formatTransfer } from "./transfer.ts";

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

/** Told of bytes as they move. */
export interface TransferMeter {
  readonly moved: (bytes: number) => void;
  /** Says how many bytes more are to be moved than was said before, or fewer, if that is negative. */
  readonly expected: (bytes: number) => void;
}

/** The rate is that of the last seconds, so that it tells of a connection that has become slow. */
const WINDOW_MS = 5000; // 5 seconds
/** A terminal that is written to more often shows no more. */
const SHOWN_EVERY_MS = 100; // 0.1 seconds

/** The same for work that moves bytes: shows how many, how fast, and how long that will take yet. */
export async function withTransferProgress<T>(
  options: ProgressOptions & { readonly now?: () => number },
  work: (meter: TransferMeter) => Promise<T>,
): Promise<T> {
  const now = options.now ?? performance.now.bind(performance);
  return withProgress(options, async (report) => {
    let [bytes, total]: [number, number | undefined] = [0, undefined];
    const started = now();
    const samples: { readonly at: number; readonly bytes: number }[] = [{ at: started, bytes: 0 }];
    const show = () => {
      const at = now();
      samples.push({ at, bytes });
      while ((samples[1]?.at ?? at) < at - WINDOW_MS) samples.shift();
      const [first] = samples;
      const seconds = (at - (first?.at ?? at)) / 1000;
      const rate = seconds > 0 ? (bytes - (first?.bytes ?? 0)) / seconds : 0;
      report(formatTransfer({ bytes, total, rate }));
    };
    const timer = setInterval(show, SHOWN_EVERY_MS);
    timer.unref();
    try {
      return await work({
        moved: (more) => {
          bytes += more;
        },
        expected: (more) => {
          total = (total ?? 0) + more;
        },
      });
    } finally {
      clearInterval(timer);
    }
  });
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
