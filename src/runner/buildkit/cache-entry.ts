// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** Kinds of caches that builders read and write, in BuildKit's words. */
export const CACHE_TYPES = ["registry", "s3", "local"] as const;
export type CacheType = (typeof CACHE_TYPES)[number];

/** A cache as BuildKit is told of it: `moby.buildkit.v1.CacheOptionsEntry`. */
export interface CacheEntry {
  readonly type: CacheType;
  readonly attrs: Readonly<Record<string, string>>;
}

/** A cache that builders write to, and who may read it. */
export interface CacheTarget extends CacheEntry {
  readonly visibility: "public" | "private";
}

interface AttributeRules {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const LAYERS = "mode compression compression-level force-compression ignore-error".split(" ");
const MANIFEST = ["image-manifest", "oci-mediatypes"];
const BUCKET =
  "prefix manifests_prefix blobs_prefix name endpoint_url use_path_style touch_refresh upload_parallelism retry_mode retry_max_attempts disable_accept_encoding".split(
    " ",
  );

/** Attributes of `cache/remotecache` of BuildKit 0.34, without those that hold secrets. */
const RULES: Readonly<Record<"from" | "to", Readonly<Record<CacheType, AttributeRules>>>> = {
  from: {
    registry: { required: ["ref"], optional: ["registry.insecure"] },
    s3: { required: ["bucket", "region"], optional: BUCKET },
    local: { required: ["src"], optional: ["tag", "digest"] },
  },
  to: {
    registry: { required: ["ref"], optional: ["registry.insecure", ...MANIFEST, ...LAYERS] },
    s3: { required: ["bucket", "region"], optional: [...BUCKET, ...LAYERS] },
    local: { required: ["dest"], optional: ["tag", ...MANIFEST, ...LAYERS] },
  },
};

const SECRETS: ReadonlySet<string> = new Set(["access_key_id", "secret_access_key", "session_token"]);
const WORDS: Readonly<Record<string, readonly string[]>> = {
  mode: ["min", "max"],
  compression: ["uncompressed", "gzip", "estargz", "zstd"],
  ...Object.fromEntries(
    [
      ...[...MANIFEST, "registry.insecure", "force-compression", "ignore-error"],
      ...["use_path_style", "disable_accept_encoding"],
    ].map((name) => [name, ["true", "false"]]),
  ),
};

/**
 * A cache to read from, as `docker buildx build --cache-from` takes it: `type=registry,ref=…`, or only a reference.
 * @throws GreenError "usage"
 */
export function parseCacheFrom(text: string): CacheEntry {
  return checked("from", text, fieldsOf(text));
}

/**
 * A cache to write to, as `--cache-to` takes it, with one attribute more: `visibility=private` if nobody can read it who
 * must not see private code. A directory of this machine is private, all else public if nothing is said.
 * @throws GreenError "usage"
 */
export function parseCacheTo(text: string): CacheTarget {
  const fields = fieldsOf(text);
  const visibility = fields.get("visibility");
  fields.delete("visibility");
  const entry = checked("to", text, fields);
  const usual = entry.type === "local" ? "private" : "public";
  if (visibility === undefined) return { ...entry, visibility: usual };
  if (visibility === "public" || visibility === "private") return { ...entry, visibility };
  throw wrong(text, `has the visibility "${visibility}"`, "it is public or private");
}

/** As it is written, the type first. */
export function formatCacheEntry({ type, attrs }: CacheEntry): string {
  const fields = Object.entries({ type, ...attrs }).map(([key, value]) => `${key}=${value}`);
  return fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",");
}

export function formatCacheTarget({ visibility, ...entry }: CacheTarget): string {
  return `${formatCacheEntry(entry)},visibility=${visibility}`;
}

/** What people call it by. */
export function cacheEntryName({ type, attrs }: CacheEntry): string {
  switch (type) {
    case "registry":
      return attrs["ref"] ?? "";
    case "s3":
      return `s3://${attrs["bucket"]}/${attrs["prefix"] ?? ""}`;
    case "local":
      return attrs["dest"] ?? attrs["src"] ?? "";
  }
}

/** The fields of a line of CSV, by what stands before their first `=`; a line without any is a reference. */
function fieldsOf(text: string): Map<string, string> {
  const fields = csvFields(text);
  const [only = ""] = fields;
  if (fields.length === 1 && !only.includes("=")) {
    return new Map([
      ["type", "registry"],
      ["ref", only],
    ]);
  }
  return new Map(
    fields.map((field) => {
      const at = field.indexOf("=");
      if (at <= 0) throw wrong(text, `has the field "${field}", which says nothing`, FORM);
      return [field.slice(0, at).toLowerCase(), field.slice(at + 1)];
    }),
  );
}

const FORM = "write it like type=registry,ref=host/name:cache,mode=max";

/** Fields may be quoted, with `""` for a quote: RFC 4180, section 2. */
function csvFields(text: string): readonly string[] {
  const field = /(?:^|,)(?:"((?:[^"]|"")*)"(?=,|$)|([^",]*)(?=,|$))/y;
  const fields: string[] = [];
  let end = 0;
  for (let match = field.exec(text); match !== null && match[0] !== ""; match = field.exec(text)) {
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    end = field.lastIndex;
  }
  if (text === "" || end < text.length) throw wrong(text, "is no list of fields", FORM);
  return fields;
}

function checked(way: "from" | "to", text: string, fields: ReadonlyMap<string, string>): CacheEntry {
  const type = fields.get("type") ?? "";
  if (type === "inline") {
    throw wrong(text, "is for images, and units are none", "use type=registry, which also reads images");
  }
  const known = CACHE_TYPES.find((each) => each === type);
  if (known === undefined) {
    throw wrong(
      text,
      type === "" ? "has no type" : `has the type "${type}"`,
      `there are ${CACHE_TYPES.join(", ")}`,
    );
  }
  const attrs = Object.fromEntries([...fields].filter(([key]) => key !== "type"));
  const { required, optional } = RULES[way][known];
  for (const [key, value] of Object.entries(attrs)) {
    if (SECRETS.has(key)) {
      const hint = "credentials are no settings: they are found as the AWS command line does, and sent along";
      throw wrong(text, `holds ${key}`, hint);
    }
    if (!required.includes(key) && !optional.includes(key)) {
      const hint = `type=${type} takes ${[...required, ...optional].join(", ")}`;
      throw wrong(text, `has "${key}", which means nothing there`, hint);
    }
    const words = WORDS[key];
    if (words !== undefined && !words.includes(value)) {
      throw wrong(text, `has ${key}=${value}`, `it is ${words.join(" or ")}`);
    }
  }
  const missing = required.find((key) => (attrs[key] ?? "") === "");
  if (missing !== undefined) throw wrong(text, `has no ${missing}`, FORM);
  return { type: known, attrs };
}

const SECRET_VALUES = new RegExp(`(${[...SECRETS].join("|")})=[^,]*`, "gi");

function wrong(text: string, problem: string, hint: string): GreenError {
  const shown = text.replace(SECRET_VALUES, "$1=…");
  return new GreenError("usage", `The cache "${shown}" ${problem}`, { hint });
}
