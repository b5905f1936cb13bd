// SPDX-License-Identifier: MIT OR Apache-2.0

/** What rustc says it read and wrote. */
export interface DepInfo {
  /** Files that the rules are for, the `.d` file itself included. */
  readonly targets: readonly string[];
  /** Sources, relative to rustc's working directory unless absolute; each once, in order. */
  readonly files: readonly string[];
  /** Variables that were looked at by `env!` and `option_env!`; no value: it was not set. */
  readonly env: readonly { readonly name: string; readonly value: string | undefined }[];
  /** `-Z checksum-hash-algorithm`, e.g. `blake3=03ef…`. */
  readonly checksums: readonly { readonly file: string; readonly checksum: string; readonly size: number }[];
}

const ENV = "# env-dep:";
const CHECKSUM = /^# checksum:(\S+) file_len:(\d+) (.*)$/s;

/**
 * Reads the dep-info that rustc writes (rustc_interface's `write_out_deps`, 1.95 and 1.97).
 * The sources are taken from the empty rules at the end (`src/lib.rs:`), one a line, where nothing but blanks is
 * escaped; without them from the first rule, as Cargo does. A name that ends in a backslash cannot be told apart
 * from an escape by anyone.
 */
export function parseDepInfo(text: string): DepInfo {
  const targets: string[] = [];
  const phony: string[] = [];
  let first: readonly string[] | undefined;
  const env: { name: string; value: string | undefined }[] = [];
  const checksums: { file: string; checksum: string; size: number }[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith(ENV)) env.push(parseEnv(line.slice(ENV.length)));
    else if (line.startsWith("# ")) {
      const [, checksum, size, file] = CHECKSUM.exec(line) ?? [];
      if (checksum !== undefined && file !== undefined) {
        checksums.push({ file: unescapeFile(file), checksum, size: Number(size) });
      }
    } else if (isEmptyRule(line)) phony.push(unescapeFile(line.slice(0, -1)));
    else {
      const colon = line.indexOf(": ");
      if (colon < 0) continue;
      targets.push(unescapeFile(line.slice(0, colon)));
      first ??= line
        .slice(colon + 2)
        .split(/(?<!\\) +/)
        .filter((file) => file !== "")
        .map(unescapeFile);
    }
  }
  const files = phony.length > 0 ? phony : (first ?? []);
  return { targets, files: [...new Set(files)], env, checksums };
}

/** `src/lib.rs:`. A name may end in a colon as well, but blanks in names are escaped: this is no rule with sources. */
function isEmptyRule(line: string): boolean {
  return line.endsWith(":") && !line.includes(": ");
}

/** rustc escapes blanks in file names, and nothing else. */
function unescapeFile(text: string): string {
  return text.replaceAll("\\ ", " ");
}

function parseEnv(text: string): { name: string; value: string | undefined } {
  const equals = text.indexOf("=");
  if (equals < 0) return { name: unescapeEnv(text), value: undefined };
  return { name: unescapeEnv(text.slice(0, equals)), value: unescapeEnv(text.slice(equals + 1)) };
}

/** Undoes rustc's `escape_dep_env`: backslash, newline and carriage return. */
function unescapeEnv(text: string): string {
  return text.replace(/\\([\\nr])/g, (_, letter: string) =>
    letter === "n" ? "\n" : letter === "r" ? "\r" : "\\",
  );
}

/**
 * A `.d` with each path passed through `reroot` (`normaliseText` or `expandText` over some roots) and all else kept.
 * Values of variables are passed through as well: Cargo compares them with what it sets, `OUT_DIR` for one.
 * Blanks in paths are unescaped for `reroot` and escaped again after.
 */
export function rerootDepInfo(text: string, reroot: (text: string) => string): string {
  const file = (escaped: string) => reroot(unescapeFile(escaped)).replaceAll(" ", "\\ ");
  return text
    .split("\n")
    .map((line) => {
      if (line.startsWith(ENV)) {
        const equals = line.indexOf("=");
        if (equals < 0) return line;
        const value = reroot(unescapeEnv(line.slice(equals + 1)));
        return `${line.slice(0, equals + 1)}${escapeEnv(value)}`;
      }
      const [, checksum, size, path] = CHECKSUM.exec(line) ?? [];
      if (path !== undefined) return `# checksum:${checksum} file_len:${size} ${file(path)}`;
      if (isEmptyRule(line)) return `${file(line.slice(0, -1))}:`;
      const colon = line.indexOf(": ");
      if (colon < 0 || line.startsWith("#")) return line;
      const sources = line.slice(colon + 2).split(/(?<!\\) /);
      return `${file(line.slice(0, colon))}: ${sources.map(file).join(" ")}`;
    })
    .join("\n");
}

function escapeEnv(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}
