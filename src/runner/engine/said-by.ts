// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/**
 * What `work` gives; an error of it says what the wrong thing was said by: `DOCKER_HOST: "x" is no address`.
 * @param from empty: by nothing that has a name
 */
export async function saidBy<T>(from: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const { code, message, hint } = GreenError.from(thrown);
    if (from === "" || message.startsWith(`${from}: `)) throw thrown;
    throw new GreenError(code, `${from}: ${message}`, {
      cause: thrown,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
