// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { untilAborted } from "../../until-aborted.ts";
import type { CacheEntry } from "./cache-entry.ts";
import { FileAnswer } from "./file-answer.ts";
import type { GrpcConnection } from "./grpc-connection.ts";
import { Control } from "./proto/control_pb.ts";
import type { Stat } from "./proto/fsutil_pb.ts";
import { LLBBridge, ReadFileRequestSchema, type Result, type ResultSchema } from "./proto/gateway_pb.ts";
import type { Definition } from "./proto/ops_pb.ts";

/** A solved vertex, by the name that the builder gave its result. */
export interface SolvedRef {
  readonly id: string;
  /** What it was made of. */
  readonly definition: Definition | undefined;
}

/** What a frontend is asked for: a Containerfile's last stage. */
export interface FrontendRequest {
  readonly frontend: string;
  readonly options: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, Definition>>;
}

/**
 * A build that goes on until it is told to end, in which any number of things are solved and read: what `LLBBridge` of
 * BuildKit 0.25 is to frontends. Throws ConnectErrors. Calls end by their signals only: pass one that `gone` fires, too.
 */
export interface GatewayJob {
  /** What Control/Status knows it by. */
  readonly ref: string;
  /** Fires when the builder has ended it, with why. */
  readonly gone: AbortSignal;
  solve(definition: Definition, signal: AbortSignal): Promise<SolvedRef>;
  solveFrontend(request: FrontendRequest, signal: AbortSignal): Promise<SolvedRef>;
  readDirectory(ref: SolvedRef, path: string, signal: AbortSignal): Promise<readonly Stat[]>;
  readFile(ref: SolvedRef, path: string, range: FileRange, signal: AbortSignal): Promise<Uint8Array>;
  /** Fills a buffer with what is at an offset. Resolves to how many bytes that are: less than all at the end only. */
  fillFrom(ref: SolvedRef, path: string, part: FilePart, signal: AbortSignal): Promise<number>;
  /** Ends it with results, which are exported if it is told to; what the exporters answer. */
  finish(refs: readonly SolvedRef[], signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** Ends it when nothing is being solved in it. Resolves when the builder has forgotten it. */
  end(): Promise<void>;
  /** Ends it, and all that is being solved in it. */
  close(): void;
}

/** Bytes. */
export interface FileRange {
  readonly offset: number;
  readonly length: number;
}

/** Where bytes of a file are, and where they are to be. */
export interface FilePart {
  readonly offset: number;
  readonly into: Buffer;
}

/** Caches that a job reads and, when it finishes, writes. */
export interface JobCaches {
  readonly imports?: readonly CacheEntry[] | undefined;
  readonly exports?: readonly CacheEntry[] | undefined;
}

/** So long a builder may take to end a job: 2 s. */
const END_MS = 2000;

/** Opens a job whose sources come from a session. Resolves when it answers. */
export async function openGatewayJob(
  { transport, call }: GrpcConnection,
  sessionId: string,
  { imports = [], exports = [] }: JobCaches,
  signal: AbortSignal,
): Promise<GatewayJob> {
  const ref = randomUUID();
  const control = createClient(Control, transport);
  const bridge = createClient(LLBBridge, transport);
  const ended = new AbortController();
  const gone = new AbortController();
  // Without `Internal`, builders write down how each of them went.
  const job = { Ref: ref, Session: sessionId, Internal: true, Cache: { Exports: exports.map(optionsOf) } };
  const answered = control.solve(job, { signal: ended.signal });
  const solved = answered.then(
    () => gone.abort(new Error("the builder ended the job")),
    (error: unknown) => gone.abort(error),
  );
  const headers = { "buildkit-controlapi-buildid": ref };
  await bridge.ping({}, { headers, signal: AbortSignal.any([signal, gone.signal]) });
  const asked = {
    ...{ allowResultReturn: true, allowResultArrayRef: true, Evaluate: true },
    CacheImports: imports.map(optionsOf),
  };
  return {
    ref,
    gone: gone.signal,
    async solve(definition, by) {
      const { result } = await bridge.solve({ ...asked, Definition: definition }, { headers, signal: by });
      return refOf(result);
    },
    async solveFrontend({ frontend, options, inputs }, by) {
      const request = {
        ...asked,
        Frontend: frontend,
        FrontendOpt: { ...options },
        FrontendInputs: { ...inputs },
      };
      const { result } = await bridge.solve(request, { headers, signal: by });
      return refOf(result);
    },
    async readDirectory({ id }, path, by) {
      return (await bridge.readDir({ Ref: id, DirPath: path }, { headers, signal: by })).entries;
    },
    async readFile({ id }, path, { offset, length }, by) {
      const Range = { Offset: BigInt(offset), Length: BigInt(length) };
      return (await bridge.readFile({ Ref: id, FilePath: path, Range }, { headers, signal: by })).Data;
    },
    async fillFrom({ id }, path, { offset, into }, by) {
      const Range = { Offset: BigInt(offset), Length: BigInt(into.length) };
      const input = create(ReadFileRequestSchema, { Ref: id, FilePath: path, Range });
      const answer = new FileAnswer(into);
      const take = (piece: Buffer) => answer.take(piece);
      await call(LLBBridge.method.readFile, { input, headers, signal: by, take });
      return answer.end();
    },
    async finish(refs, by) {
      await bridge.return({ result: resultsOf(refs) }, { headers, signal: by });
      return (await untilAborted(answered, by)).ExporterResponse;
    },
    async end() {
      const nothing = { result: { result: { case: "ref", value: {} } } } as const;
      const limit = AbortSignal.any([AbortSignal.timeout(END_MS), gone.signal]);
      await bridge.return(nothing, { headers, signal: limit }).catch(() => ended.abort());
      await solved;
    },
    close: () => ended.abort(),
  };
}

function optionsOf({ type, attrs }: CacheEntry): { Type: string; Attrs: Record<string, string> } {
  return { Type: type, Attrs: { ...attrs } };
}

/** Where there are several results, each is taken for a platform's, which must then be named. */
const PLATFORMS = "refs.platforms";
const SOME_PLATFORM = { os: "linux", architecture: "amd64" };

function resultsOf(refs: readonly SolvedRef[]): MessageInitShape<typeof ResultSchema> {
  const named = refs.map(({ id }, at) => [`${at}`, { id }] as const);
  const platforms = named.map(([ID]) => ({ ID, Platform: SOME_PLATFORM }));
  return {
    result: { case: "refs", value: { refs: Object.fromEntries(named) } },
    metadata: { [PLATFORMS]: Buffer.from(JSON.stringify({ Platforms: platforms })) },
  };
}

function refOf(result: Result | undefined): SolvedRef {
  const ref = result?.result.case === "ref" ? result.result.value : undefined;
  return { id: ref?.id ?? "", definition: ref?.def };
}
