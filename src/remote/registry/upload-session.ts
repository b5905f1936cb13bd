// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { OciDigest } from "../descriptor.ts";
import { parseUploadRange } from "./content-range.ts";
import type { HttpResponse } from "./http.ts";
import type { RegistrySession, SessionRequest } from "./registry-session.ts";

/** An upload that a registry has begun. */
export interface Upload {
  /** Where it goes on: changes with every answer. */
  readonly location: URL;
  /** The smallest chunk that the registry takes but for the last one, bytes. */
  readonly minChunk: number;
}

const CANCEL_MS = 5000;

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#post-then-put */
export async function startUpload(
  session: RegistrySession,
  what: string,
  signal: AbortSignal | undefined,
): Promise<Upload> {
  const response = await session.send({
    ...{ method: "POST", path: "blobs/uploads/", action: "push", what, signal },
    ...{ headers: { "content-length": "0" }, expected: [202] },
  });
  return startedUpload(session, response);
}

/** The upload that an answer began. */
export async function startedUpload(session: RegistrySession, response: HttpResponse): Promise<Upload> {
  await response.discard();
  const location = response.header("location");
  if (location === undefined)
    throw session.error("protocol", "The registry began an upload, but does not say where");
  const asked = Number(response.header("oci-chunk-min-length") ?? 0);
  return {
    location: await session.named(location, response.url),
    minChunk: Number.isSafeInteger(asked) && asked > 0 ? asked : 0,
  };
}

/** Where an upload goes on after an answer, and how many bytes of it are there, if the answer says so. */
export async function nextStep(
  session: RegistrySession,
  upload: Upload,
  response: HttpResponse,
): Promise<{ readonly upload: Upload; readonly received: number | undefined }> {
  await response.discard();
  const location = response.header("location");
  return {
    upload:
      location === undefined ? upload : { ...upload, location: await session.named(location, response.url) },
    received: parseUploadRange(response.header("range")),
  };
}

/** Asks how far an upload has come. Throws "unreachable", retryable, if the registry has lost it. */
export async function askUpload(
  session: RegistrySession,
  upload: Upload,
  what: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly upload: Upload; readonly received: number }> {
  const response = await session.send({
    ...{ method: "GET", path: upload.location, action: "push", what, signal },
    expected: [200, 204, 404, 405],
  });
  const next = await nextStep(session, upload, response);
  if (response.status >= 400) throw lost(session, what);
  return { upload: next.upload, received: next.received ?? 0 };
}

/** Ends an upload: all bytes are there. The query that the registry gave stays as it is, since it may be signed. */
export function closingUrl({ location }: Upload, digest: OciDigest): URL {
  const url = new URL(location);
  url.search = `${url.search === "" ? "?" : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
  return url;
}

/** Lets the registry forget an upload; whether it does is its own affair. */
export function cancelUpload(session: RegistrySession, { location }: Upload): void {
  const request: SessionRequest = {
    ...{ method: "DELETE", path: location, action: "push", what: "upload" },
    ...{ expected: [200, 202, 204, 404, 405], answerMs: CANCEL_MS, signal: AbortSignal.timeout(CANCEL_MS) },
  };
  session.sendOnce(request).then(
    (response) => response.discard(),
    () => {},
  );
}

/** The upload is gone, and may be begun again. */
export function lost(session: RegistrySession, what: string): GreenError {
  return new GreenError("unreachable", `The registry lost the upload of the ${what} (${session.host})`, {
    side: session.side,
    retryable: true,
  });
}
