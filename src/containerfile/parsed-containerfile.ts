// SPDX-License-Identifier: MIT OR Apache-2.0

/** A part of a text: offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What of a Containerfile has to be known to go on from it, or to say exactly what it starts from. */
export interface ParsedContainerfile {
  /** With line feeds only. */
  readonly text: string;
  /** Lines at the top that a parser must see first: `# syntax=…`. */
  readonly directives: readonly string[];
  /** What continues a line, a backslash or a backtick. */
  readonly continuation: string;
  /** In their order; one at least. */
  readonly stages: readonly [ParsedStage, ...ParsedStage[]];
  /** Where images are named that are no stages before: in `FROM` and `COPY --from`. Without those that are variables. */
  readonly images: readonly Span[];
}

export interface ParsedStage {
  /** As it was written; stages are named without regard to case. */
  readonly name: string | undefined;
  /** The whole instruction, without the end of its line. */
  readonly instruction: Span;
}

/** The text with other names of images, which `rename` says. */
export function renameImages(
  { text, images }: ParsedContainerfile,
  rename: (image: string) => string,
): string {
  let renamed = "";
  let at = 0;
  for (const { start, end } of images) {
    renamed += text.slice(at, start) + rename(text.slice(start, end));
    at = end;
  }
  return renamed + text.slice(at);
}

/** The text, without directives, and the name of its last stage: `name`, unless it has one. */
export function nameLastStage(
  { text, stages, directives }: ParsedContainerfile,
  name: string,
): { readonly text: string; readonly name: string } {
  const [last = stages[0]] = stages.slice(-1);
  const { end } = last.instruction;
  const named = last.name === undefined ? `${text.slice(0, end)} AS ${name}${text.slice(end)}` : text;
  const body = named.split("\n").slice(directives.length).join("\n");
  return { text: body, name: last.name ?? name };
}
