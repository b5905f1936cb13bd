// SPDX-License-Identifier: MIT OR Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import { Content, type WriteContentRequest } from "../proto/content_pb.ts";
import type { ContentStore, ContentWriter } from "./content-directory.ts";
import { pathsOf, type SessionService } from "./session-service.ts";

/** By what builders name stores: session/content of BuildKit 0.25. */
const STORE = "buildkit-attachable-store-id";
/** `WriteAction` of containerd. */
const COMMIT = 2;

/** Gives builders content of stores, and stores what they write: the protocol of containerd 2.1's content service. */
export function content(stores: ReadonlyMap<string, ContentStore>): SessionService {
  const chosen = (headers: Headers): ContentStore => {
    // A builder that calls for another one of its own sends several names, its own first.
    const name = headers.get(STORE)?.split(", ")[0] ?? "";
    const store = stores.get(name);
    if (store === undefined) throw new ConnectError(`there is no store "${name}"`, Code.NotFound);
    return store;
  };
  return {
    methods: pathsOf(Content),
    register: (router) =>
      router.service(Content, {
        async info({ digest }, { requestHeader }) {
          const size = await chosen(requestHeader).sizeOf(digest);
          if (size === undefined) throw new ConnectError(`${digest} is not there`, Code.NotFound);
          return { info: { digest, size: BigInt(size) } };
        },
        async *read({ digest, offset, size }, { requestHeader }) {
          const store = chosen(requestHeader);
          let at = offset;
          for await (const data of store.read(digest, Number(offset), Number(size))) {
            yield { offset: at, data };
            at += BigInt(data.length);
          }
        },
        async *write(requests, { requestHeader }) {
          yield* write(chosen(requestHeader), requests);
        },
      }),
  };
}

/** Answers each request; the last one is to commit. */
async function* write(store: ContentStore, requests: AsyncIterable<WriteContentRequest>) {
  let writer: ContentWriter | undefined;
  let [offset, total, expected] = [0n, 0n, ""];
  try {
    for await (const request of requests) {
      const { action, data } = request;
      expected = request.expected === "" ? expected : request.expected;
      total = request.total > 0n ? request.total : total;
      if (expected !== "" && (await store.sizeOf(expected)) !== undefined) {
        throw new ConnectError(`${expected} is there`, Code.AlreadyExists);
      }
      writer ??= await store.begin();
      if (request.offset !== offset && data.length > 0) {
        throw new ConnectError(`wanted to write at ${request.offset}, not at ${offset}`, Code.OutOfRange);
      }
      await writer.write(data);
      offset += BigInt(data.length);
      const digest = action === COMMIT ? await writer.commit(expected) : "";
      yield { action, offset, total, digest };
      if (action === COMMIT) return;
    }
  } finally {
    await writer?.close();
  }
}
