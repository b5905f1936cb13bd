// SPDX-License-Identifier: MIT OR Apache-2.0

const ENV = "env ";
const EMIT = "emit";
/** What every call of Cargo's asks for besides. */
const ALWAYS = "dep-info";

/** The value of an input as people would write it; keys have marks that tell an empty variable from none. */
export function inputText(label: string, value: string): string {
  if (label.startsWith(ENV) && value.startsWith("=")) return value.slice(1);
  return label === EMIT ? emitText(value) : value;
}

function emitText(value: string): string {
  const kinds = emitted(value);
  if (isCheck(value)) return "metadata (cargo check)";
  return kinds.every((kind) => kind === "metadata" || kind === "link")
    ? "code (cargo build)"
    : kinds.join(" ");
}

/** True if one of the two is made by `cargo check` and the other by `cargo build`. */
export function isCheckOrBuild(old: string | undefined, now: string | undefined): boolean {
  if (old === undefined || now === undefined || isCheck(old) === isCheck(now)) return false;
  return emitted(old)
    .concat(emitted(now))
    .every((kind) => kind === "metadata" || kind === "link");
}

function isCheck(value: string): boolean {
  const kinds = emitted(value);
  return kinds.length === 1 && kinds[0] === "metadata";
}

function emitted(value: string): readonly string[] {
  return value.split(" ").filter((kind) => kind !== ALWAYS);
}
