// SPDX-License-Identifier: MIT OR Apache-2.0
import { redactUrl } from "../redact-url.ts";
import type { HttpResponse } from "./http.ts";

/** What a registry says about a failure. */
export interface ErrorBody {
  /** Codes of the distribution specification, or of OAuth2, in upper case. */
  readonly codes: readonly string[];
  /** One line, safe to print; empty if it says nothing that is meant for people. */
  readonly message: string;
}

/** 16 KiB: what is longer is a page for a browser. */
const MAX_ERROR_BYTES = 16 * 1024;
const MAX_MESSAGE = 200; // Characters.

/** Reads the body of a failed request, which may be anything, and at most MAX_ERROR_BYTES of it. */
export async function readErrorBody(response: HttpResponse): Promise<ErrorBody> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of response.body) {
      pieces.push(piece);
      size += piece.length;
      if (size > MAX_ERROR_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  return parseErrorBody(Buffer.concat(pieces).subarray(0, MAX_ERROR_BYTES).toString("utf8"));
}

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes, and RFC 6749, section 5.2. */
export function parseErrorBody(text: string): ErrorBody {
  try {
    const { errors, error, error_description: description } = JSON.parse(text) as Record<string, unknown>;
    const entries: readonly unknown[] = Array.isArray(errors)
      ? errors
      : [{ code: error, message: description ?? error }];
    const records = entries.filter((entry) => typeof entry === "object" && entry !== null);
    const textsOf = (name: string) =>
      records
        .map((entry) => (entry as Record<string, unknown>)[name])
        .filter((value) => typeof value === "string" && value !== "") as string[];
    return {
      codes: textsOf("code").map((code) => code.toUpperCase().slice(0, MAX_MESSAGE)),
      message: printable(textsOf("message").join("; ")),
    };
  } catch {
    // Storage and proxies answer in XML or HTML, which nobody wants to read.
    return { codes: [], message: /^\s*[<{[]/.test(text) ? "" : printable(text) };
  }
}

function printable(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .replace(/https?:\/\/\S+/gi, redactUrl)
    .trim();
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
}
