// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash, type Hash } from "node:crypto";
import { GreenError } from "../../error.ts";
import type { Descriptor } from "../descriptor.ts";
import { parseContentRange } from "./content-range.ts";
import type { HttpResponse } from "./http.ts";
import type { RegistrySession } from "./registry-session.ts";
import { givenUp, pauseAfter } from "./retry.ts";

/** One download: how much of a blob has come, over however many connections. */
interface Download {
  readonly descriptor: Descriptor;
  readonly what: string;
  readonly hash: Hash;
  received: number;
}

/**
 * The bytes of a blob, checked: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs
 * A connection that breaks is followed by another for the rest, as long as each brings something.
 */
export async function* readBlob(
  session: RegistrySession,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const what = `blob ${descriptor.digest}`;
  const download: Download = { descriptor, what, hash: createHash("sha256"), received: 0 };
  for (let failures = 0; ; ) {
    const before = download.received;
    const broken = yield* readRest(session, download, signal);
    if (broken === undefined) break;
    failures = download.received > before ? 1 : failures + 1;
    if (failures > session.retries.retries) throw givenUp(broken);
    await pauseAfter(session.retries, failures, signal);
  }
  signal?.throwIfAborted();
  if (`sha256:${download.hash.digest("hex")}` === descriptor.digest) return;
  throw session.error("corrupt", `The ${what} has other bytes`);
}

/** What has not come yet, over one connection; returns why it broke if another may bring the rest. */
async function* readRest(
  session: RegistrySession,
  download: Download,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, GreenError | undefined, undefined> {
  const { descriptor, what, hash } = download;
  const response = await session.send({
    ...{ method: "GET", path: `blobs/${descriptor.digest}`, action: "pull", what, signal },
    headers: {
      "accept-encoding": "identity",
      ...(download.received === 0 ? {} : { range: `bytes=${download.received}-` }),
    },
    expected: [200, 206, 416],
  });
  let skip = download.received - (await startOf(session, response, download));
  try {
    for await (const piece of response.body) {
      const fresh = piece.subarray(Math.min(skip, piece.length));
      skip -= piece.length - fresh.length;
      if (fresh.length === 0) continue;
      download.received += fresh.length;
      if (download.received > descriptor.size) throw wrongSize(session, what);
      hash.update(fresh);
      yield fresh;
    }
  } catch (thrown) {
    if (download.received === descriptor.size) return undefined;
    if (thrown instanceof GreenError && thrown.retryable) return thrown;
    throw thrown;
  }
  if (download.received === descriptor.size) return undefined;
  // A part was promised and has come, or only the end of the connection ended the answer.
  const mayGoOn = response.status === 206 || !isDelimited(response);
  if (mayGoOn)
    return new GreenError("unreachable", `The ${what} ended early`, { side: session.side, retryable: true });
  throw wrongSize(session, what);
}

/** Where the answer begins in the blob; throws if it cannot be what is wanted. */
async function startOf(
  session: RegistrySession,
  response: HttpResponse,
  download: Download,
): Promise<number> {
  const { received, what, descriptor } = download;
  const range = response.status === 206 ? parseContentRange(response.header("content-range")) : undefined;
  const start = response.status === 200 ? 0 : range?.start;
  const length = response.status === 200 ? response.header("content-length") : undefined;
  const size = length === undefined ? range?.size : Number(length);
  const encoding = response.header("content-encoding") ?? "identity";
  const problem =
    response.status === 416 || (size !== undefined && size !== descriptor.size)
      ? wrongSize(session, what)
      : start === undefined || start > received || encoding.toLowerCase() !== "identity"
        ? session.error("protocol", `The registry gave another part of the ${what} than was asked for`)
        : undefined;
  if (problem === undefined) return start ?? 0;
  await response.discard();
  throw problem;
}

/** RFC 9112, section 6.3: otherwise nobody can tell a whole answer from a broken one. */
function isDelimited(response: HttpResponse): boolean {
  return (
    response.header("content-length") !== undefined || response.header("transfer-encoding") !== undefined
  );
}

function wrongSize(session: RegistrySession, what: string): GreenError {
  return session.error("corrupt", `The ${what} has another size`);
}
