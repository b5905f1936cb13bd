// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";

/** Characters of an argument on one line. Docker takes lines of 65,535 bytes; a character is six in JSON at most. */
const LONGEST_PIECE = 4000;

/**
 * The exec form of a Containerfile's instruction, an argument a line. It is JSON: no shell looks at it, and nothing in
 * it is a variable. https://docs.docker.com/reference/dockerfile/#exec-form
 * @param continuation what continues a line, a backslash or a backtick
 * @param indent what lines begin with
 * @throws GreenError "usage" for what is no text without NUL, as a Containerfile and a program's arguments are
 */
export function execForm(argv: readonly string[], continuation: string, indent: string): string {
  const texts = argv.map((argument) => {
    if (!argument.includes("\0") && argument.isWellFormed()) {
      return `"${pieces(argument).join(`${continuation}\n`)}"`;
    }
    throw new GreenError("usage", `${JSON.stringify(argument.slice(0, 80))} cannot be an argument`, {
      hint: "arguments and variables are Unicode, without NUL",
    });
  });
  return `[${texts.join(`, ${continuation}\n${indent}`)}]`;
}

/**
 * JSON of a text, cut where a line would be too long. A piece neither begins nor ends with what a parser could take
 * for something else there: a space, a comment, the end of a line that goes on.
 */
function pieces(text: string): readonly string[] {
  if (text.length <= LONGEST_PIECE) return [jsonText(text)];
  const characters = [...text];
  const count = Math.ceil(characters.length / LONGEST_PIECE);
  return Array.from({ length: count }, (_, at) => {
    const [first = "", ...rest] = characters.slice(at * LONGEST_PIECE, (at + 1) * LONGEST_PIECE);
    const last = rest.pop() ?? "";
    return `${alone(first)}${jsonText(rest.join(""))}${alone(last)}`;
  });
}

function jsonText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** JSON of a character that means nothing but itself, wherever it stands. */
function alone(character: string): string {
  if (/^[A-Za-z0-9]?$/.test(character)) return character;
  return character.replaceAll(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
