// SPDX-License-Identifier: MIT OR Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import { GreenError, type GreenErrorOptions } from "../../error.ts";
import { localFailure } from "./local-failure.ts";
import type { VertexState } from "./vertex-state.ts";

/** What a builder says is repeated up to here. */
const MAX_WORDS = 600;
/** An exec's whole command line stands before what became of it. */
const COMMAND = /process "[\s\S]*" did not complete successfully: /;
/** How it ended, if it did. */
const EXIT = /: exit code: \d+$/;
const DISK_FULL = /no space left on device|disk quota exceeded/i;
/** Rust's own words, wherever they stand; those of C programs, which end a line. */
const PROGRAMS_DISK_FULL = /No space left on device \(os error 28\)|^.*No space left on device$/m;
/** What BuildKit 0.25 and its client libraries say if it does not know what was told to it before. */
const FORGOTTEN =
  /unknown job|no such job|no buildid found|no such ref|client connection is closing|transport is closing/i;
/** How the AWS library of BuildKit begins. */
const BUCKET = /operation error S3/;
const NO_SUCH_CACHE = /unknown cache (?:exporter|importer)/;
/** What BuildKit calls the vertex of an image. */
const IMAGE = /^docker-image:\/\/(.+)$/;
const NOT_FOUND = /: not found$/;
const NO_LOGIN =
  /unauthorized|authorization failed|insufficient_scope|pull access denied|access denied|forbidden/i;

/**
 * What a call to a builder threw, as a failure of the builder's; a GreenError passes through, and what is no answer of
 * a builder is a failure of this machine. What is known of the vertex that failed says more than the builder does; if it is a
 * unit's own, it could not write what its program left.
 */
export function builderFailure(
  thrown: unknown,
  side: string,
  vertex?: VertexState,
  isUnit = false,
): GreenError {
  if (!(thrown instanceof ConnectError)) return localFailure(thrown);
  const { code, rawMessage } = thrown;
  const of = vertex === undefined || vertex.name === "" ? "" : `${vertex.name}: `;
  const words = shortened(`${of}${rawMessage.replace(COMMAND, "")}`, vertex?.log ?? "");
  const options: GreenErrorOptions = { side, cause: thrown };
  if (DISK_FULL.test(words)) return diskFull("is", words, side);
  if (isUnit && EXIT.test(rawMessage)) return diskFull("seems to be", words, side);
  if (code === Code.Unavailable || code === Code.Aborted || FORGOTTEN.test(words))
    return builderGone(words, side);
  if (code === Code.Unauthenticated || code === Code.PermissionDenied || NO_LOGIN.test(words)) {
    const hint = BUCKET.test(words)
      ? "see which credentials the AWS command line finds here"
      : "log in with `docker login` as somebody who may";
    return new GreenError("denied", `The builder was not let in: ${words}`, { ...options, hint });
  }
  const [, image] = IMAGE.exec(vertex?.name ?? "") ?? [];
  if (image !== undefined && (code === Code.NotFound || NOT_FOUND.test(words))) {
    const hint = "see whether its registry has it, or choose another `base-image`";
    return new GreenError("refused", `The builder finds no image "${image}"`, { ...options, hint });
  }
  const hint =
    "docker's own BuildKit knows fewer kinds of caches: use a builder of its own (`docker buildx create`)";
  return new GreenError("refused", `The builder failed: ${words}`, {
    ...options,
    ...(NO_SUCH_CACHE.test(words) && { hint }),
  });
}

/** A builder that was there, or should have been. What was asked of it can be asked again. */
export function builderGone(words: string, side: string): GreenError {
  const hint = "see whether it still runs; what it did is done again";
  return new GreenError("unreachable", `The connection to the builder broke: ${words}`, {
    side,
    hint,
    retryable: true,
  });
}

function diskFull(is: string, words: string, side: string): GreenError {
  const hint =
    "make room there: `cargo green cache prune --buildkit --unused-since 7d`, or `docker builder prune`";
  const [said] = words.split("\n");
  return new GreenError("refused", `The builder's disk ${is} full: ${said}`, { side, hint });
}

/** What a program that failed says if it could not write, as such; undefined if it says no such thing. */
export function programsDiskFull(stderr: Buffer, side: string): GreenError | undefined {
  const [words] = PROGRAMS_DISK_FULL.exec(stderr.toString("latin1")) ?? [];
  return words === undefined ? undefined : diskFull("is", shortened(words), side);
}

/** What an error of a connection says, without what gRPC puts before it. */
export function wordsOf(thrown: unknown): string {
  return ConnectError.from(thrown).rawMessage;
}

/** The digest of the vertex that a builder failed at, if it says so: details of its errors are JSON (util/grpcerrors). */
export function failedVertex(thrown: unknown): string | undefined {
  const details = thrown instanceof ConnectError ? thrown.details : [];
  for (const detail of details) {
    if (!("type" in detail) || detail.type !== "errdefs.Vertex+json") continue;
    const { digest } = JSON.parse(Buffer.from(detail.value).toString()) as { readonly digest?: unknown };
    if (typeof digest === "string") return digest;
  }
  return undefined;
}

/** The beginning of what is said, and the end of what was printed. */
function shortened(words: string, printed = ""): string {
  const line = words.trim();
  const cut = line.length > MAX_WORDS ? `${line.slice(0, MAX_WORDS)}…` : line;
  return printed === "" ? cut : `${cut}\n${printed.trim().slice(-MAX_WORDS)}`;
}
