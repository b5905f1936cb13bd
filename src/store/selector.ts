// SPDX-License-Identifier: MIT OR Apache-2.0
import validRange from "semver/ranges/valid.js";
import { GreenError } from "../error.ts";
import type { Selector } from "./selection.ts";

/** `cache ls` shows this many digits of a key; as many make a word of hex digits a key and not a crate. */
export const SHOWN_KEY_DIGITS = 8;
/** With `key:` in front fewer do. Below this a prefix would match by accident. */
const MIN_KEY_DIGITS = 6;

const KEY = /^[0-9a-f]+$/i;
/** Cargo's rule for names, coarsely (cargo 1.95, crates/cargo-util-schemas/src/restricted_names.rs). */
const CRATE_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_-]*$/u;
const FORMS = "write serde, serde@^1.0.200, pkg:cargo/serde@1.0.228, or a key from `cargo green cache ls`";

/**
 * Reads one selector: `serde`, `serde@^1.0.200` (any semver range), `pkg:cargo/serde@1.0.228` (that version),
 * `key:3fa81c` or 8 and more hex digits. A crate whose name is 8 hex digits is meant by `pkg:cargo/<name>`.
 * @throws GreenError "usage"
 */
export function parseSelector(text: string): Selector {
  if (text.startsWith("pkg:")) return parsePackageUrl(text);
  if (text.startsWith("key:")) return parseKey(text, text.slice("key:".length));
  if (text.length >= SHOWN_KEY_DIGITS && KEY.test(text)) return parseKey(text, text);
  const [name = "", range] = splitOnce(text, "@");
  return crate(text, name, range);
}

/**
 * A semver range as Cargo or npm people write it (`>=1.90 <1.96`, `>=1.90, <1.96`, `^1.0.200`, `1.95`), normalised.
 * @param what names the flag or argument in the error
 * @throws GreenError "usage"
 */
export function parseRange(text: string, what: string): string {
  const range =
    text.trim() === "" ? null : validRange(text.replaceAll(",", " "), { includePrerelease: true });
  if (range === null) {
    throw new GreenError("usage", `${what}: "${text}" is not a version range`, {
      hint: "write it like 1.95, ^1.0.200 or '>=1.90 <1.96'",
    });
  }
  return range;
}

/** Package URLs, type `cargo`: github.com/package-url/purl-spec, PURL-SPECIFICATION.rst 1.0.0. */
function parsePackageUrl(text: string): Selector {
  const path = /^pkg:cargo\/([^?#]+)/i.exec(text)?.[1];
  const [name = "", version] = splitOnce(path ?? "", "@");
  try {
    return crate(
      text,
      decodeURIComponent(name),
      version === undefined ? undefined : `=${decodeURIComponent(version)}`,
    );
  } catch (thrown) {
    throw thrown instanceof GreenError ? thrown : refusal(text, thrown);
  }
}

function parseKey(text: string, digits: string): Selector {
  if (!KEY.test(digits) || digits.length < MIN_KEY_DIGITS || digits.length > 64) throw refusal(text);
  return { by: "key", prefix: digits.toLowerCase() };
}

function crate(text: string, name: string, range: string | undefined): Selector {
  if (!CRATE_NAME.test(name)) throw refusal(text);
  return range === undefined
    ? { by: "crate", name }
    : { by: "crate", name, version: parseRange(range, `selector "${text}"`) };
}

function refusal(text: string, cause?: unknown): GreenError {
  return new GreenError("usage", `"${text}" selects nothing`, { hint: FORMS, cause });
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
