// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  type ClientHttp2Session,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from "node:http2";
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { codeFromHttpStatus, findTrailerError } from "@connectrpc/connect/protocol-grpc";

const STATUS_HEADERS = ["grpc-status", "grpc-message", "grpc-status-details-bin"] as const;
/** https://github.com/grpc/grpc/blob/v1.76.0/doc/statuscodes.md */
const GOOD = "0";
/** gRPC's message is preceded by whether it is compressed, and its length. */
export const PREFIX_BYTES = 5;

/**
 * A transport whose calls with one answer go straight to the session: half of what connect-node takes for them, which
 * is what most of a cached unit takes. https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md
 */
export function quickCalls(session: ClientHttp2Session, transport: Transport): Transport {
  const empty = new Headers(); // nobody looks at them, and making them takes as long as the call
  return {
    stream: transport.stream.bind(transport),
    async unary(method, signal, _, header, input) {
      const { parent } = method;
      const pieces: Buffer[] = [];
      await quickCall(session, method, {
        ...{ input: create(method.input, input), headers: plainHeaders(header), signal },
        take: (piece) => pieces.push(piece),
      });
      const message = fromBinary(method.output, unframed(Buffer.concat(pieces)));
      return { stream: false, service: parent, method, header: empty, message, trailer: empty };
    },
  };
}

function plainHeaders(headers: Parameters<Transport["unary"]>[3] = {}): OutgoingHttpHeaders {
  const isPlain = !(headers instanceof Headers || Array.isArray(headers));
  return isPlain ? headers : Object.fromEntries(new Headers(headers));
}

/** A call whose answer is taken as it comes. */
export interface QuickCall<I extends DescMessage> {
  readonly input: MessageShape<I>;
  readonly headers: OutgoingHttpHeaders;
  readonly signal: AbortSignal | undefined;
  /** Gets the answer, gRPC's prefix and all: it is good only if the call is. */
  take(piece: Buffer): void;
}

/** Resolves when the answer is there. Throws ConnectErrors, and what `take` throws. */
export async function quickCall<I extends DescMessage>(
  session: ClientHttp2Session,
  { parent, name, input: schema }: Pick<DescMethodUnary<I>, "parent" | "name" | "input">,
  { input, headers, signal, take }: QuickCall<I>,
): Promise<void> {
  const all = {
    ...headers,
    ...{ ":method": "POST", ":path": `/${parent.typeName}/${name}` },
    ...{ "content-type": "application/grpc", te: "trailers" },
  };
  check(await exchange(session, all, { body: framed(toBinary(schema, input)), signal, take }));
}

interface Answer {
  readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  readonly trailers: IncomingHttpHeaders;
}

interface Exchange {
  readonly body: Buffer;
  readonly signal: AbortSignal | undefined;
  take(piece: Buffer): void;
}

/** One request and all of its answer. Throws ConnectErrors. */
function exchange(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  { body, signal, take }: Exchange,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  if (signal?.aborted === true) throw ConnectError.from(signal.reason, Code.Canceled);
  if (session.closed || session.destroyed) throw new ConnectError("it was closed", Code.Unavailable);
  const stream = session.request(headers);
  const cancel = () => {
    reject(ConnectError.from(signal?.reason, Code.Canceled));
    stream.close(constants.NGHTTP2_CANCEL);
  };
  signal?.addEventListener("abort", cancel);
  let answered: Answer["headers"] = {};
  let trailers: IncomingHttpHeaders = {};
  let over = false;
  stream
    .on("response", (all) => {
      answered = all;
    })
    .on("trailers", (all) => {
      trailers = all;
    })
    .on("data", (piece: Buffer) => {
      try {
        take(piece);
      } catch (thrown) {
        reject(thrown);
        stream.close(constants.NGHTTP2_CANCEL);
      }
    })
    .on("end", () => {
      over = true;
      resolve({ headers: answered, trailers });
    })
    .on("error", (error) => reject(new ConnectError(error.message, Code.Unavailable)))
    .on("close", () => {
      signal?.removeEventListener("abort", cancel);
      if (!over) reject(brokenOff()); // Errors take long to make.
    });
  stream.end(body);
  return promise;
}

/** Throws what the other end says that went wrong. */
function check({ headers, trailers }: Answer): void {
  const status = headers[":status"] ?? 200;
  if (status !== 200) throw new ConnectError(`HTTP ${status}`, codeFromHttpStatus(status));
  // An answer without a message has its status at once; one that has none ended with its connection.
  const said = [headers, trailers].find((each) => each["grpc-status"] !== undefined);
  if (said === undefined) throw brokenOff();
  if (said["grpc-status"] === GOOD) return;
  const words = STATUS_HEADERS.flatMap((name): [string, string][] => {
    const value = said[name];
    return value === undefined ? [] : [[name, `${value}`]];
  });
  const error = findTrailerError(new Headers(words));
  if (error !== undefined) throw error;
}

function brokenOff(): ConnectError {
  return new ConnectError("its answer broke off", Code.Unavailable);
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

function unframed(body: Buffer): Buffer {
  const isWhole = body.length >= PREFIX_BYTES && body.length === PREFIX_BYTES + body.readUInt32BE(1);
  if (isWhole && body[0] === 0) return body.subarray(PREFIX_BYTES);
  throw notOneMessage();
}

/** What is wrong with an answer that cannot be read. */
export function notOneMessage(): ConnectError {
  return new ConnectError("its answer is not one message", Code.Internal);
}
