// SPDX-License-Identifier: MIT OR Apache-2.0

/** What of the sandbox made a unit fail, as far as its output tells. */
export type FailureCause =
  | "setup"
  | "nested-cargo"
  | "network"
  | "read-only"
  | "hidden-file"
  | "hidden-variable"
  | "unknown";

/** In this order: a missing file is often only what follows. */
const SIGNS: readonly (readonly [FailureCause, RegExp])[] = [
  ["setup", /^(?:cargo-green: the sandbox cannot be set up: |bwrap: (?!execvp))/m],
  // cargo 1.95 without network, on a registry, a download and a git repository
  ["nested-cargo", /you're using offline mode|request, but --offline was|you are in the offline mode/],
  ["read-only", /Read-only file system|os error 30\b|EROFS|ReadOnlyFilesystem/],
  [
    "network",
    /Connection refused|Network is unreachable|name resolution|failed to lookup address|[Cc]ould ?n[o']t resolve host|Name or service not known|os error (?:101|111|113)\b|ECONNREFUSED|ENETUNREACH|ConnectionRefused|NetworkUnreachable/,
  ],
  ["hidden-variable", /environment variable .{1,80}not (?:found|defined|set|present)|NotPresent/],
  [
    "hidden-file",
    /No such file or directory|os error 2\b|ENOENT|NotFound|not found|os error 13\b|Permission denied/,
  ],
];

/** Looks for the cause in what a failed unit wrote (latin1), which may name one of the variables hidden from it. */
export function causeOfFailure(output: string, hidden: readonly string[] = []): FailureCause {
  const sign = SIGNS.find(([, each]) => each.test(output))?.[0];
  return sign ?? (namedIn(output, hidden).length > 0 ? "hidden-variable" : "unknown");
}

/** Those of the hidden variables that the output names. Very short names are words like any other. */
export function namedIn(output: string, hidden: readonly string[]): readonly string[] {
  const words = new Set(output.match(/\w{3,}/g));
  return hidden.filter((name) => words.has(name));
}

/** Is the network what such a unit lacks? */
export function needsNetwork(cause: FailureCause): boolean {
  return cause === "network" || cause === "nested-cargo";
}

/** What happened, as the middle of a sentence about the unit. */
export function describeFailure(cause: FailureCause): string {
  switch (cause) {
    case "setup":
      return "could not be put into the sandbox";
    case "nested-cargo":
      return "called cargo for crates, which the sandbox has not and cannot download";
    case "network":
      return "looked for the network, which the sandbox does not have";
    case "read-only":
      return "wrote outside of its output directory, which the sandbox does not allow";
    case "hidden-file":
      return "looked for a file that the sandbox may hide";
    case "hidden-variable":
      return "looked for an environment variable that the sandbox may hide";
    case "unknown":
      return "failed in the sandbox";
  }
}

/** The setting that lets such a unit work under `enforce`; `variables` are the hidden ones that its output named. */
export function settingFor(cause: FailureCause, packageName: string, variables: readonly string[]): string {
  switch (cause) {
    case "nested-cargo":
    case "network":
      return `allow it with \`with-network\` (CARGOGREEN_WITH_NETWORK=${packageName})`;
    case "hidden-variable":
      return variables.length > 0
        ? `show it with \`set-envs\` (CARGOGREEN_SET_ENVS=${variables.join(",")})`
        : "if it is set, show it with `set-envs` (CARGOGREEN_SET_ENVS=NAME)";
    default:
      return "let it run without with `sandbox` (CARGOGREEN_SANDBOX=prefer)";
  }
}

/** Codes of errors that a file which is not to be seen leads to: a crate, module or library that is not found. */
const FILE_ERRORS = /"code":"E0(?:460|461|462|463|464|583|786)"/;

/**
 * False if rustc's errors (JSON lines) are all about the program itself, so that it fails anywhere.
 * Errors without a code may come from macros, which can fail for any reason.
 */
export function mayBeSandbox(stderr: string): boolean {
  const errors = stderr
    .split("\n")
    .filter((line) => /"level":"error"/.test(line) && !/"message":"aborting due to/.test(line));
  if (errors.length === 0) return true;
  return errors.some((line) => !/"code":\{"code":"E\d{4}"/.test(line) || FILE_ERRORS.test(line));
}
