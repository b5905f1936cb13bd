// SPDX-License-Identifier: MIT OR Apache-2.0

export interface PushOptions {
  readonly signal?: AbortSignal | undefined;
  /** Send again what seems to be there: it may be damaged. */
  readonly force?: boolean | undefined;
  /** Told of bytes as they are sent. */
  readonly onSent?: ((bytes: number) => void) | undefined;
  /** Told how many bytes more are to be sent than was said before, or fewer, if that is negative: an estimate. */
  readonly onExpected?: ((bytes: number) => void) | undefined;
}

/** What was sent. */
export interface Pushed {
  /** Bytes of layers. */
  readonly bytes: number;
  readonly layers: number;
}
