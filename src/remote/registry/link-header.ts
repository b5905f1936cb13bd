// SPDX-License-Identifier: MIT OR Apache-2.0

/** A link-value: RFC 8288, section 3. Each alternative begins with another character, so that nothing is tried twice. */
const LINK = /[ \t,]*<([^<>]*)>((?:[^",<]|"(?:[^"\\]|\\[\s\S])*")*)/y;
const PARAMETER = /;[ \t]*([^\s=;,"]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\[\s\S])*)"|([^\s;,"]*)))?[ \t]*/y;

/** The target of the link whose relation is `next`, as it stands in the header; undefined if there is none. */
export function nextLink(header: string): string | undefined {
  LINK.lastIndex = 0;
  for (let match = LINK.exec(header); match !== null; match = LINK.exec(header)) {
    const [, target = "", parameters = ""] = match;
    if (relations(parameters.trimStart()).includes("next")) return target;
  }
  return undefined;
}

/** Only the first `rel` counts (section 3.3). */
function relations(parameters: string): readonly string[] {
  PARAMETER.lastIndex = 0;
  for (let match = PARAMETER.exec(parameters); match !== null; match = PARAMETER.exec(parameters)) {
    const [, name = "", quoted, plain = ""] = match;
    if (name.toLowerCase() === "rel") return (quoted ?? plain).toLowerCase().split(/\s+/);
  }
  return [];
}
