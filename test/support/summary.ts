// SPDX-License-Identifier: MIT OR Apache-2.0

/** The numbers of the line that a build ends with. */
export interface Summary {
  readonly units: number;
  /** Laid down before Cargo started. */
  readonly replayed: number;
  /** Laid down when Cargo asked. */
  readonly restored: number;
  readonly built: number;
  readonly notCached: number;
}

const LINE = /^ *Green (?<units>[\d,]+) units?(?<rest>.*)$/gm;

/** The last summary line in a build's stderr: `Green 48 units · 44 restored · 4 built · about 49 s saved`. */
export function parseSummary(stderr: string): Summary | undefined {
  const line = [...stderr.matchAll(LINE)].at(-1)?.groups;
  if (line === undefined) return undefined;
  const part = (label: string): number =>
    count(new RegExp(`· ([\\d,]+) ${label}\\b`).exec(line["rest"] ?? "")?.[1]);
  return {
    units: count(line["units"]),
    replayed: part("replayed"),
    restored: part("restored"),
    built: part("built"),
    notCached: part("not cached"),
  };
}

/** Units that nobody compiled in this build, whether they were laid down before Cargo asked or after. */
export function fromCache({ summary }: { readonly summary: Summary | undefined }): number {
  return (summary?.replayed ?? 0) + (summary?.restored ?? 0);
}

/** What Cargo itself printed: without our lines, and without how long it took. */
export function withoutGreen(stderr: string): string {
  return stderr
    .split("\n")
    .filter((line) => !/^ +Green /.test(line))
    .map((line) => line.replace(/ in (\d+m )?[\d.]+s$/, " in TIME"))
    .join("\n");
}

function count(text: string | undefined): number {
  return Number((text ?? "0").replaceAll(",", ""));
}
