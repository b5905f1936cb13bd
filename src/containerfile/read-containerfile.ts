// SPDX-License-Identifier: MIT OR Apache-2.0
import { DockerfileParser } from "dockerfile-ast";
import { GreenError } from "../error.ts";
import type { ParsedContainerfile, ParsedStage, Span } from "./parsed-containerfile.ts";

/** Lines and columns, as the parser has them, which counts from 0. */
interface Range {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/**
 * Reads a Containerfile, as `parseContainerfile` has it.
 * @param what what it is, for errors: `base-image-inline`
 * @throws GreenError "config" if it starts from nothing
 */
export function readContainerfile(given: string, what: string): ParsedContainerfile {
  const text = given.replaceAll(/\r\n?/g, "\n");
  const spanOf = spansOf(text);
  const file = DockerfileParser.parse(text);
  const stages: ParsedStage[] = [];
  const images: Span[] = [];
  const isStage = (name: string) => stages.some((stage) => stage.name?.toLowerCase() === name.toLowerCase());
  const addImage = (name: string | null | undefined, range: Range | null | undefined) => {
    if (name == null || range == null || /^(?:scratch|\d+|.*\$.*)$/is.test(name) || isStage(name)) return;
    images.push(spanOf(range));
  };
  const froms = new Map(file.getFROMs().map((from) => [from.getRange().start.line, from]));
  const copies = new Map(file.getCOPYs().map((copy) => [copy.getRange().start.line, copy]));
  for (const instruction of file.getInstructions()) {
    const { line } = instruction.getRange().start;
    const from = froms.get(line);
    const source = copies
      .get(line)
      ?.getFlags()
      .find((flag) => flag.getName() === "from");
    if (from !== undefined) {
      addImage(from.getImage(), from.getImageRange());
      stages.push({ name: from.getBuildStage() ?? undefined, instruction: spanOf(from.getRange()) });
    }
    addImage(source?.getValue(), source?.getValueRange());
  }
  const [first, ...others] = stages;
  if (first === undefined) {
    throw new GreenError("config", `${what} starts from no image`, { hint: "begin it with `FROM IMAGE`" });
  }
  const directives = file.getDirectives().map((each) => textAt(text, spanOf(each.getRange())));
  return { text, directives, continuation: file.getEscapeCharacter(), stages: [first, ...others], images };
}

function textAt(text: string, { start, end }: Span): string {
  return text.slice(start, end);
}

/** Offsets of lines and columns. */
function spansOf(text: string): (range: Range) => Span {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const offset = ({ line, character }: Range["start"]) => (starts[line] ?? text.length) + character;
  return ({ start, end }) => ({ start: offset(start), end: offset(end) });
}
