// SPDX-License-Identifier: MIT OR Apache-2.0

/** One way in that a server offers. Names are in lower case, as they are compared without case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** RFC 9110, section 5.6.2. */
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"/y;
/** Wider than the grammar: some registries do not quote URLs. */
const UNQUOTED = /[^\s,"]+/y;
const SPACES = /[ \t]*/y;
const SEPARATORS = /[ \t,]*/y;
/** RFC 9110, section 11.2; not followed by what would make it a parameter. */
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const EQUALS = /[ \t]*=[ \t]*/y;

/**
 * Takes a WWW-Authenticate header apart (RFC 9110, section 11.6.1): several challenges, each with its parameters, all
 * separated by commas. What cannot be understood ends the reading; what was read before is kept.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match !== null) at = pattern.lastIndex;
    return match ?? undefined;
  };
  for (;;) {
    take(SEPARATORS);
    const name = take(TOKEN)?.[0].toLowerCase();
    if (name === undefined) return challenges;
    const current = challenges.at(-1);
    if (current !== undefined && take(EQUALS) !== undefined) {
      const value = take(QUOTED)?.[1]?.replace(/\\([\s\S])/g, "$1") ?? take(UNQUOTED)?.[0];
      if (value === undefined) return challenges;
      if (!Object.hasOwn(current.parameters, name)) current.parameters[name] = value;
      continue;
    }
    challenges.push({ scheme: name, parameters: Object.create(null) });
    take(SPACES);
    take(TOKEN68);
  }
}
