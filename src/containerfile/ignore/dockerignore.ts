// SPDX-License-Identifier: MIT OR Apache-2.0
import { posix } from "node:path";
import { GreenError } from "../../error.ts";
import { compileDockerPattern } from "./dockerignore-pattern.ts";

/** One pattern of a `.dockerignore`. */
export interface DockerRule {
  /** What it matches is shown. */
  readonly negated: boolean;
  readonly pattern: string;
  matches(path: string): boolean;
}

/** What of the rules matched a directory: its files inherit that. */
export type DockerMatches = readonly boolean[];

export interface DockerVerdict {
  readonly ignored: boolean;
  readonly matches: DockerMatches;
}

/** What Go's `strings.TrimSpace` takes away. */
const OUTER_SPACE =
  /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

/**
 * The rules of a `.dockerignore`, in their order.
 * https://docs.docker.com/build/concepts/context/#dockerignore-files, and how moby/patternmatcher 0.6.1 reads them
 * @param file its path, for errors
 * @throws GreenError "config" for a pattern that Docker refuses, too
 */
export function parseDockerignore(text: string, file: string): readonly DockerRule[] {
  return text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .flatMap((line, at) => parseLine(line, `${file}:${at + 1}`));
}

function parseLine(line: string, place: string): readonly DockerRule[] {
  const given = line.startsWith("#") ? "" : trim(line);
  if (given === "") return [];
  // It is taken apart twice, so `/!a` shows `a`.
  const inverted = given.startsWith("!");
  const relative = clean(trim(inverted ? given.slice(1) : given)).replace(/^\/(?=.)/, "");
  const whole = clean(trim(inverted ? `!${relative}` : relative));
  if (whole === "") return []; // `/ /`
  const negated = whole.startsWith("!");
  const pattern = negated ? whole.slice(1) : whole;
  const matches = pattern === "" ? undefined : compileDockerPattern(pattern);
  if (matches !== undefined) return [{ negated, pattern, matches }];
  throw new GreenError("config", `${place}: "${given}" is no pattern`, {
    hint: "`docker build` does not take it either; a backslash before it makes a character an ordinary one",
  });
}

function trim(text: string): string {
  return text.replaceAll(OUTER_SPACE, "");
}

/** Go's `path.Clean`, but that nothing stays nothing. */
function clean(path: string): string {
  return path === "" ? "" : posix.normalize(path).replace(/(?<=.)\/$/, "");
}

/**
 * What the rules say of a path, relative to the directory of the `.dockerignore`. A rule that matched a directory
 * matches all that is below it. The last rule that matches counts, but those that would change nothing are not asked.
 * @param parent what matched the directory that it is in; undefined at the top
 */
export function judge(
  rules: readonly DockerRule[],
  path: string,
  parent: DockerMatches | undefined,
): DockerVerdict {
  let ignored = false;
  const matches = rules.map((rule, at) => {
    const matched = parent?.[at] === true || (rule.negated === ignored && rule.matches(path));
    if (matched) ignored = !rule.negated;
    return matched;
  });
  return { ignored, matches };
}

/** False if nothing below a directory that is left out can be shown again. */
export function mayShowBelow(rules: readonly DockerRule[], directory: string): boolean {
  return rules.some(({ negated, pattern }) => {
    const fixed = pattern.replace(/\/\*\*?$/, "");
    return negated && (/[*?[\]^\\]/.test(fixed) || `${fixed}/`.startsWith(`${directory}/`));
  });
}
