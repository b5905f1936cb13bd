// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { isSha256 } from "../../unit/digest.ts";
import { instanceOf, unitKeyOf } from "../../unit/key.ts";
import { pathBelow } from "../../unit/path-below.ts";
import { primaryOutputs } from "../../unit/primary-outputs.ts";
import { type OutputFile, RECORD_SCHEMA, UNIT_KINDS, type UnitRecord } from "../../unit/record.ts";
import { MAX_FILE_BYTES } from "./limits.ts";

/**
 * A record that came from elsewhere, if it is what it claims to be: of this version, complete, its key that of its
 * inputs, its instance that of its outputs, and its outputs at paths below where they belong.
 * Throws GreenError "corrupt" with `what` in it.
 */
export function checkRecord(value: unknown, what: string): UnitRecord {
  const refuse = (reason: string): never => {
    throw new GreenError("corrupt", `${what} has a record that ${reason}`);
  };
  if (!isRecord(value)) return refuse("is incomplete");
  const { package: name, version } = value.identity;
  const whose = `(${name} ${version})`;
  if (unitKeyOf(value.inputs) !== value.key) refuse(`claims another key than its inputs have ${whose}`);
  const paths = new Set(value.outputs.map(({ path }) => path));
  if (paths.size < value.outputs.length || !value.outputs.every(({ path }) => isBelow(path)))
    refuse(`has outputs at forbidden paths ${whose}`);
  if (!value.outputs.every(({ size }) => size <= MAX_FILE_BYTES)) refuse(`has an output too large ${whose}`);
  const instance = instanceOf(value.key, primaryOutputs(value), value.dependencies);
  if (instance !== value.instance) refuse(`claims another result than its outputs are ${whose}`);
  return value;
}

function isBelow(path: string): boolean {
  try {
    return pathBelow("/", path) !== "";
  } catch {
    return false;
  }
}

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const isText = (value: unknown) => typeof value === "string";
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isHash = (value: unknown) => typeof value === "string" && isSha256(value);
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isHashes = (value: unknown) => Array.isArray(value) && value.every(isHash);
const isTextMap = (value: unknown) => isPlain(value) && Object.values(value).every(isText);
const oneOf =
  (...words: readonly unknown[]) =>
  (value: unknown) =>
    words.includes(value);
const listOf = (shape: Shape) => (value: unknown) =>
  Array.isArray(value) && value.every((each) => hasShape(each, shape));
const like = (shape: Shape) => (value: unknown) => hasShape(value, shape);

const OUTPUT: Shape = {
  path: isText,
  digest: isHash,
  size: isCount,
  executable: oneOf(true, false),
  role: oneOf("plain", "dep-info", "real-build-script" satisfies OutputFile["role"]),
};

const IDENTITY: Shape = {
  ...{ package: isText, version: isText, target: isText, triple: isText, profile: isText, rustc: isText },
  source: oneOf("crates-io", "registry", "git", "vendored", "path"),
  kind: oneOf(...UNIT_KINDS),
  features: isTexts,
  mode: oneOf("build", "check", "clippy"),
};

const SANDBOX: Shape = {
  mode: oneOf("bwrap", "native", "container", "none"),
  network: oneOf(true, false),
  hidden: isTexts,
  seen: isTexts,
};

const RECORD: Shape = {
  schema: oneOf(RECORD_SCHEMA),
  ...{ key: isHash, preKey: isHash, instance: isHash },
  identity: like(IDENTITY),
  inputs: isTextMap,
  inputSet: like({ files: isTexts, env: isTexts }),
  dependencies: isHashes,
  closure: like({ procMacros: isHashes, systemLibraries: oneOf(true, false) }),
  outputs: listOf(OUTPUT),
  ...{ stdout: isText, stderr: isText, presentation: isText },
  bindings: listOf({ root: isText, path: isText }),
  privacy: like({ class: oneOf("public", "private"), reason: isText }),
  provenance: like({
    ...{ created: Number.isFinite, tookMs: Number.isFinite, green: isText },
    runner: oneOf("host", "buildkit", "podman", "adopted"),
    sandbox: like(SANDBOX),
  }),
  invocation: like({ program: isText, argv: isTexts, env: isTextMap, cwd: isText }),
};

function isRecord(value: unknown): value is UnitRecord {
  return hasShape(value, RECORD);
}

function hasShape(value: unknown, shape: Shape): boolean {
  return isPlain(value) && Object.entries(shape).every(([name, holds]) => holds(value[name]));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
