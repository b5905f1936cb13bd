// SPDX-License-Identifier: MIT OR Apache-2.0
import type { WriteStream } from "node:tty";
import { DefaultRenderer, Listr, ListrLogger, ProcessOutput } from "listr2";

/** listr2 writes to stdout and wants it to be a terminal; ours is stderr, so that results may be piped. */
class StderrRenderer extends DefaultRenderer {
  static override nonTTY = true as never;
}

export interface Spinner {
  /** Shows this below the title. */
  readonly report: (text: string) => void;
  /** Resolves when the spinner is gone from the terminal. */
  readonly done: Promise<unknown>;
}

/** Shows that something goes on until `settled` resolves. Leaves nothing behind. */
export function spin(title: string, settled: Promise<unknown>, stream: WriteStream): Spinner {
  let output = (_text: string): void => {};
  const logger = new ListrLogger({ processOutput: new ProcessOutput(stream, stream), useIcons: true });
  const tasks = new Listr(
    {
      title,
      task: async (_context, task) => {
        output = (text) => {
          task.output = text;
        };
        await settled;
      },
    },
    {
      renderer: StderrRenderer,
      rendererOptions: { clearOutput: true, logger },
      registerSignalListeners: false,
    },
  );
  return { report: (text) => output(text), done: tasks.run() };
}
