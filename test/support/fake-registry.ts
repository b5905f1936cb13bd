// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { answer, type Fault, FaultPlan, type Headers, type Match } from "./fake-registry-faults.ts";
import { FakeLogin, type LoginOptions } from "./fake-registry-login.ts";

export interface FakeRegistryOptions {
  readonly login?: LoginOptions;
  /** PEM; without it there is no TLS. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  readonly removes?: boolean;
  readonly mounts?: boolean;
  readonly takesChunks?: boolean;
  /** Largest request that is taken, bytes. */
  readonly maxBody?: number;
  readonly minChunk?: number;
  readonly ignoresRange?: boolean;
  /** Most tags at once, whatever is asked for. */
  readonly maxPage?: number;
  readonly ignoresPage?: boolean;
  readonly ignoresLast?: boolean;
  /** Default "relative". */
  readonly links?: "relative" | "absolute" | "none";
  /** Tags come in the order in which they were pushed, and `last` is a place in it. */
  readonly unsorted?: boolean;
  /** Blobs are redirected to below this URL. */
  readonly storage?: string;
}

/** A request that came. */
export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

interface Stored {
  readonly type: string;
  readonly bytes: Buffer;
}

interface Repository {
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, Stored>;
  readonly tags: Map<string, string>;
  readonly uploads: Map<string, { size: number; readonly pieces: Buffer[] }>;
}

/** A registry in memory: right by default, and as wrong as a test wants it. */
export interface FakeRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly requests: readonly SeenRequest[];
  readonly login: FakeLogin;
  /** Connections that were made. */
  readonly connections: () => number;
  repository(name: string): Repository;
  /** Lets something go wrong once, or as often as `match` says. */
  fail(match: Match, fault: Fault): void;
  close(): Promise<void>;
}

export async function startFakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const repositories = new Map<string, Repository>();
  const faults = new FaultPlan();
  const requests: SeenRequest[] = [];
  const login = new FakeLogin(options.login ?? { kind: "open" });
  const sockets = new Set<Socket>();
  let connections = 0;
  let origin = "";

  const repository = (name: string): Repository => {
    const found = repositories.get(name) ?? {
      ...{ blobs: new Map(), manifests: new Map(), tags: new Map(), uploads: new Map() },
    };
    repositories.set(name, found);
    return found;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const method = request.method ?? "";
    const path = request.url ?? "";
    requests.push({ method, path, headers: request.headers });
    const fault = faults.next(method, path);
    if (fault?.kind === "stall") return;
    const reply: Reply = (status, headers, body) => {
      if (fault?.kind === "lost answer") request.socket.destroy();
      else answer(request, response, fault, status, headers, body);
    };
    if (fault?.kind === "answer") {
      await readBody(request);
      return answer(request, response, undefined, fault.status, fault.headers, fault.body);
    }
    if (fault?.kind === "reset" && fault.after === undefined) return void request.socket.destroy();
    const limit = fault?.kind === "reset" ? fault.after : undefined;
    const url = new URL(path, origin);
    if (url.pathname === "/token") {
      const form = (await readBody(request)).toString();
      const { status, body } = login.token(method, url, request.headers.authorization, form);
      return reply(status, { "content-type": "application/json" }, body);
    }
    const [, name = "", kind = "", rest = ""] =
      /^\/v2\/(.+?)\/(blobs|manifests|tags)\/(.*)$/.exec(decodeURIComponent(url.pathname)) ?? [];
    if (name === "") return reply(404);
    const from = url.searchParams.get("from");
    const action = method === "DELETE" && kind === "manifests" ? "delete" : "push";
    const actions = method === "GET" || method === "HEAD" ? ["pull"] : ["pull", action];
    const needed = [
      ...actions.map((each) => `repository:${name}:${each}`),
      ...(from === null ? [] : [`repository:${from}:pull`]),
    ];
    const scope = `repository:${name}:${actions.join(",")}`;
    const challenge = login.challenge(request.headers.authorization, needed, `${origin}/token`, scope);
    if (challenge !== undefined) {
      const body = JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "authentication required" }] });
      return reply(401, { "www-authenticate": challenge }, body);
    }
    if (options.maxBody !== undefined && Number(request.headers["content-length"] ?? 0) > options.maxBody) {
      return reply(413, { connection: "close" });
    }
    const context: Context = { ...{ options, request, method, url, repository, reply, origin, limit } };
    const place = repository(name);
    if (kind === "tags") return listTags(context, name, place);
    if (kind === "manifests") return manifests(context, name, place, rest);
    if (rest.startsWith("uploads/")) return uploads(context, name, place, rest.slice("uploads/".length));
    return blobs(context, place, rest);
  };

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch(() => request.socket.destroy());
  };
  const server =
    options.tls === undefined
      ? createServer(listener)
      : createTlsServer(
          { ...options.tls, requestCert: true, rejectUnauthorized: options.tls.ca !== undefined },
          listener,
        );
  server.on(options.tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  origin = `${options.tls === undefined ? "http" : "https"}://${host}`;
  return {
    ...{ host, origin, requests, login, repository, connections: () => connections },
    fail: (match, fault) => faults.add(match, fault),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Reply = (status: number, headers?: Headers, body?: Uint8Array | string) => void;

interface Context {
  readonly options: FakeRegistryOptions;
  readonly request: IncomingMessage;
  readonly method: string;
  readonly url: URL;
  readonly repository: (name: string) => Repository;
  readonly reply: Reply;
  readonly origin: string;
  /** The connection breaks after so many bytes of the request. */
  readonly limit: number | undefined;
}

function error(reply: Reply, status: number, code: string, message = code.toLowerCase()): void {
  reply(status, { "content-type": "application/json" }, JSON.stringify({ errors: [{ code, message }] }));
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** All of a body, or what came before the connection broke or was broken, in `onPiece`. */
async function readBody(
  request: IncomingMessage,
  limit?: number,
  onPiece?: (piece: Buffer) => void,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const whole of request) {
    const piece = (whole as Buffer).subarray(0, (limit ?? Number.POSITIVE_INFINITY) - size);
    onPiece?.(piece);
    pieces.push(piece);
    size += piece.length;
    if (size === limit) request.socket.destroy();
  }
  return Buffer.concat(pieces);
}

async function manifests(
  { options, request, method, reply }: Context,
  name: string,
  place: Repository,
  rest: string,
) {
  const digest = place.tags.get(rest) ?? rest;
  const stored = place.manifests.get(digest);
  if (method === "PUT") {
    const bytes = await readBody(request);
    if (bytes.length > 4 * 1024 * 1024) return error(reply, 413, "SIZE_INVALID");
    const own = sha256(bytes);
    if (rest.startsWith("sha256:") && rest !== own) return error(reply, 400, "DIGEST_INVALID");
    const document = JSON.parse(bytes.toString());
    const named = [document.config, ...(document.layers ?? [])].filter((each) => each !== undefined);
    if (named.some((each) => !place.blobs.has(each.digest)))
      return error(reply, 404, "MANIFEST_BLOB_UNKNOWN");
    place.manifests.set(own, { type: request.headers["content-type"] ?? "", bytes });
    if (!rest.startsWith("sha256:")) place.tags.set(rest, own);
    return reply(201, { location: `/v2/${name}/manifests/${own}`, "docker-content-digest": own });
  }
  if (method === "DELETE") {
    if (options.removes === false) return error(reply, 405, "UNSUPPORTED");
    if (stored === undefined) return error(reply, 404, "MANIFEST_UNKNOWN");
    place.manifests.delete(digest);
    for (const [tag, target] of place.tags) if (target === digest) place.tags.delete(tag);
    return reply(202);
  }
  if (stored === undefined) return error(reply, 404, "MANIFEST_UNKNOWN");
  reply(200, { "content-type": stored.type, "docker-content-digest": sha256(stored.bytes) }, stored.bytes);
}

async function blobs({ options, request, method, reply }: Context, place: Repository, digest: string) {
  const bytes = place.blobs.get(digest);
  if (bytes === undefined) return error(reply, 404, "BLOB_UNKNOWN");
  if (method === "HEAD")
    return reply(200, { "content-length": String(bytes.length), "docker-content-digest": digest });
  if (options.storage !== undefined)
    return reply(307, { location: `${options.storage}/${digest}?signature=hunter2` });
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (start === 0 || options.ignoresRange === true) return reply(200, {}, bytes);
  if (start >= bytes.length) return reply(416, { "content-range": `bytes */${bytes.length}` });
  const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
  reply(206, { "content-range": range }, bytes.subarray(start));
}

async function uploads(context: Context, name: string, place: Repository, id: string) {
  const { options, request, method, url, repository, reply, limit } = context;
  const query = url.searchParams;
  const at = (upload: string) => `/v2/${name}/blobs/uploads/${upload}?_state=a%2Fb~c%3D`;
  if (method === "POST") {
    const mounted = repository(query.get("from") ?? name).blobs.get(query.get("mount") ?? "");
    if (query.has("from") && mounted !== undefined && options.mounts !== false) {
      place.blobs.set(query.get("mount") ?? "", mounted);
      return reply(201, { location: `/v2/${name}/blobs/${query.get("mount")}` });
    }
    const upload = randomUUID();
    place.uploads.set(upload, { size: 0, pieces: [] });
    const min: Headers =
      options.minChunk === undefined ? {} : { "oci-chunk-min-length": String(options.minChunk) };
    return reply(202, { location: at(upload), range: "0-0", ...min });
  }
  const upload = place.uploads.get(id);
  if (upload === undefined) return error(reply, 404, "BLOB_UPLOAD_UNKNOWN");
  if (!url.search.startsWith("?_state=a%2Fb~c%3D"))
    return error(reply, 400, "BLOB_UPLOAD_INVALID", "changed state");
  const range = () => ({ location: at(id), range: `0-${Math.max(upload.size - 1, 0)}` });
  if (method === "GET") return reply(204, range());
  if (method === "DELETE") {
    place.uploads.delete(id);
    return reply(204);
  }
  if (method === "PATCH") {
    if (options.takesChunks === false) return error(reply, 405, "UNSUPPORTED");
    const start = Number(/^(\d+)-/.exec(request.headers["content-range"] ?? "")?.[1] ?? 0);
    if (start !== upload.size) return reply(416, range());
    // What comes before a connection breaks is kept.
    await readBody(request, limit, (piece) => {
      upload.pieces.push(piece);
      upload.size += piece.length;
    });
    return reply(202, range());
  }
  const body = await readBody(request, limit);
  const bytes = Buffer.concat([...upload.pieces, body]);
  const digest = query.get("digest") ?? "";
  if (sha256(bytes) !== digest) return error(reply, 400, "DIGEST_INVALID");
  place.uploads.delete(id);
  place.blobs.set(digest, bytes);
  reply(201, { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest });
}

async function listTags({ options, url, reply, origin }: Context, name: string, place: Repository) {
  if (place.manifests.size === 0) return error(reply, 404, "NAME_UNKNOWN");
  const { unsorted = false, ignoresPage = false, ignoresLast = false, maxPage, links = "relative" } = options;
  const all = unsorted ? [...place.tags.keys()] : [...place.tags.keys()].sort();
  const last = ignoresLast ? null : url.searchParams.get("last");
  const start =
    last === null ? 0 : unsorted ? all.indexOf(last) + 1 : all.filter((tag) => tag <= last).length;
  const asked = ignoresPage ? all.length : Number(url.searchParams.get("n") ?? 100);
  const page = all.slice(start, start + Math.min(asked, maxPage ?? asked));
  const more = start + page.length < all.length && page.length > 0;
  const target = `/v2/${name}/tags/list?n=${asked}&last=${page.at(-1)}`;
  const link = links === "absolute" ? `${origin}${target}` : target;
  const headers: Headers = more && links !== "none" ? { link: `<${link}>; rel="next"` } : {};
  reply(200, { "content-type": "application/json", ...headers }, JSON.stringify({ name, tags: page }));
}
