// SPDX-License-Identifier: MIT OR Apache-2.0
import type { S3Client } from "@aws-sdk/client-s3";
import { GreenError } from "../../error.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { BucketAddress } from "../address.ts";
import { type BucketOptions, bucketClient } from "./bucket-client.ts";
import { fromBucket, isWithoutCredentials } from "./bucket-error.ts";

/** What is done with a client: its result is that of an SDK call. */
export type BucketCall<T> = (client: S3Client, abortSignal: AbortSignal) => Promise<T>;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Gives up after this many milliseconds without an answer; default: only the SDK's own limits. */
  readonly budgetMs?: number | undefined;
}

/** A bucket that can be asked. What fails throws GreenError, with the remote's name as `side`. */
export class Bucket {
  readonly name: string;
  readonly side: string;
  readonly #address: BucketAddress;
  readonly #options: BucketOptions;
  #client: Promise<S3Client> | undefined;

  constructor(side: string, address: BucketAddress, options: BucketOptions) {
    this.side = side;
    this.name = address.bucket;
    this.#address = address;
    this.#options = options;
  }

  /**
   * Calls the SDK. The signal's reason is thrown as it is; what `expected` says of an error is returned in its place,
   * unless that is undefined.
   */
  async call<T>(
    call: BucketCall<T>,
    { signal, budgetMs }: CallOptions = {},
    expected: (thrown: unknown) => T | undefined = () => undefined,
  ): Promise<T> {
    signal?.throwIfAborted();
    const budget = new AbortController();
    const timer = budgetMs === undefined ? undefined : setTimeout(() => budget.abort(), budgetMs);
    const both = signal === undefined ? budget.signal : AbortSignal.any([signal, budget.signal]);
    try {
      // Looking for credentials may mean asking machines that do not answer.
      const client = await untilAborted(this.#open(), both);
      return await call(client, both);
    } catch (thrown) {
      signal?.throwIfAborted();
      if (budget.signal.aborted) throw this.#tooSlow(budgetMs ?? 0);
      const instead = expected(thrown);
      if (instead !== undefined) return instead;
      throw this.error(thrown);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the SDK threw, as ours. */
  error(thrown: unknown): GreenError {
    return fromBucket(thrown, this.name, this.side);
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    client?.destroy();
    this.#client = undefined;
  }

  #open(): Promise<S3Client> {
    this.#client ??= this.#openNow();
    return this.#client;
  }

  /** Where there are no credentials, a bucket that anybody may read can still be read. */
  async #openNow(): Promise<S3Client> {
    const client = bucketClient(this.#address, this.#options);
    try {
      await client.config.credentials();
      return client;
    } catch (thrown) {
      client.destroy();
      if (!isWithoutCredentials(thrown)) throw this.error(thrown);
      return bucketClient(this.#address, this.#options, true);
    }
  }

  /** It has begun to answer, and stopped. */
  stopped(limitMs: number): GreenError {
    return new GreenError("unreachable", `It stopped in the middle of an answer for ${limitMs / 1000} s`, {
      side: this.side,
    });
  }

  #tooSlow(budgetMs: number): GreenError {
    return new GreenError("unreachable", `It did not answer within ${budgetMs / 1000} s`, {
      ...{ side: this.side, retryable: true },
      hint: "give this remote a longer `budget`, or look at the network",
    });
  }
}
