// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RemoteRow } from "../broker/remotes/remote-row.ts";
import type { RecordRow } from "../store/store.ts";
import type { UnitRecord } from "../unit/record.ts";
import { formatAge, formatTook } from "./age.ts";
import { plural } from "./count.ts";
import { inputText } from "./input-value.ts";
import { formatSize } from "./size.ts";
import type { TableView } from "./table.ts";
import { unitName } from "./unit-name.ts";
import { displayWidth, pad, printable, shortenMiddle } from "./width.ts";

/** Longer values are cut in the middle where no terminal limits them; `--json` has them whole. */
const MAX_VALUE_COLUMNS = 200;
const LABEL_COLUMNS = 12;

type Line = readonly [label: string, value: string];

/** What is known of a record besides itself. */
export interface CardFacts extends Pick<RecordRow, "size"> {
  /** Here only: milliseconds since the epoch. */
  readonly used?: number;
  readonly pinned?: boolean;
  /** In a remote: where there. */
  readonly places?: readonly string[];
}

/**
 * Everything about a record, for `cache show`.
 * @param against the records of its direct dependencies, as far as they are still there; undefined if nobody looked
 */
export function formatCard(
  row: CardFacts,
  record: UnitRecord,
  against: readonly (UnitRecord | undefined)[] | undefined,
  now: number,
  view: TableView,
): string {
  const { identity, privacy, provenance } = record;
  const { used } = row;
  const gone = (against ?? []).filter((dependency) => dependency === undefined).length;
  const sections: readonly (readonly [title: string, lines: readonly Line[]])[] = [
    [
      "",
      [
        ["key", record.key],
        ["features", identity.features.join(" ")],
        ["for", `${identity.triple}, ${identity.profile}, ${identity.mode}`],
        ["rustc", identity.rustc],
        ["source", identity.source],
        ["privacy", `${privacy.class}: ${privacy.reason}`],
        ["made", madeText(record, now)],
        [
          "used",
          used === undefined ? "" : `${formatAge(now - used)} ago${row.pinned === true ? ", pinned" : ""}`,
        ],
        ["sandbox", sandboxText(record)],
        ["hidden", provenance.sandbox.hidden.join(" ")],
        ["by", `cargo-green ${provenance.green}, ${provenance.runner}`],
      ],
    ],
    ["private because of", wayToCause(privacy)],
    [
      "inputs",
      Object.entries(record.inputs).map(([label, value]): Line => [label, inputText(label, value) || '""']),
    ],
    [
      "made against",
      [
        ...(against ?? []).flatMap((unit): Line[] =>
          unit === undefined ? [] : [[unitName(unit.identity), unit.key.slice(0, 8)]],
        ),
        ...(gone > 0 ? [[`${plural(gone, "unit")} no longer here`, ""] as const] : []),
      ],
    ],
    [
      `outputs (${formatSize(row.size)})`,
      record.outputs.map(
        (file): Line => [
          identity.kind === "build-script-run" ? `OUT_DIR/${file.path}` : file.path,
          `${formatSize(file.size)}${file.executable ? ", executable" : ""}`,
        ],
      ),
    ],
    ["in", (row.places ?? []).map((place): Line => [place, ""])],
    ["only where", record.bindings.map(({ root, path }): Line => [root, `is ${path}`])],
  ];
  const title = view.paint("bold", printable(unitName(identity)));
  return `${title}\n${sections.map(([name, lines]) => section(name, lines, view)).join("")}`;
}

/** One step a line, the nearest first: the reason above has them too, but may be cut. */
function wayToCause({ through = [], cause = "" }: UnitRecord["privacy"]): readonly Line[] {
  if (through.length < 2) return [];
  return through.map(({ package: name, kind }, at) => [
    name,
    at === through.length - 1 ? `${kind}, ${cause}` : kind,
  ]);
}

/** The same of a unit of a remote's: `places` are all that it is in. */
export function formatRemoteCard(
  places: readonly RemoteRow[],
  record: UnitRecord,
  now: number,
  view: TableView,
): string {
  const facts = {
    size: places[0]?.size ?? 0,
    places: places.map(({ place }) => `${place.kind} ${place.tag} (${place.digest.slice(0, 19)})`),
  };
  return formatCard(facts, record, undefined, now, view);
}

function madeText({ provenance }: UnitRecord, now: number): string {
  const at = new Date(provenance.created).toISOString().replace("T", " ").slice(0, 16);
  return `${formatAge(now - provenance.created)} ago (${at} UTC), took ${formatTook(provenance.tookMs)}`;
}

function sandboxText({ provenance: { sandbox } }: UnitRecord): string {
  if (sandbox.mode === "none") return "none";
  const network = sandbox.network ? "with network" : "no network";
  const hidden = sandbox.hidden.length === 0 ? [] : [`${plural(sandbox.hidden.length, "variable")} hidden`];
  const seen = sandbox.seen.length === 0 ? [] : [`saw ${sandbox.seen.join(" ")}`];
  return [sandbox.mode, network, ...hidden, ...seen].join(", ");
}

function section(title: string, lines: readonly Line[], view: TableView): string {
  const shown = lines.filter(([label, value]) => title !== "" || (label !== "" && value !== ""));
  if (shown.length === 0) return "";
  const indent = title === "" ? "  " : "    ";
  const labels = shown.map(([label]) =>
    shortenMiddle(printable(label), Math.max(20, Math.floor(Math.min(view.width, 160) / 2))),
  );
  const column = Math.max(title === "" ? LABEL_COLUMNS : 0, ...labels.map(displayWidth));
  const room = Math.max(10, Math.min(view.width - indent.length - column - 2, MAX_VALUE_COLUMNS));
  const body = shown.map(([, value], index) =>
    `${indent}${view.paint("dim", pad(labels[index] ?? "", column, "left"))}  ${shortenMiddle(printable(value), room)}`.trimEnd(),
  );
  return `${title === "" ? "" : `  ${title}\n`}${body.join("\n")}\n`;
}
