// SPDX-License-Identifier: MIT OR Apache-2.0
import { CONTENTS_FILE } from "../contents-file.ts";
import { execForm } from "../exec-form.ts";
import type { ParsedContainerfile } from "../parsed-containerfile.ts";

/** What is another thing each time, or the builder's, and nothing that units are made of. */
const PASSED_OVER = [
  ...["/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/var/cache", "/var/log", "/var/lib/apt"],
  ...["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab", "/etc/machine-id"],
  ...["/etc/shadow", "/etc/shadow-", "/etc/ld.so.cache", CONTENTS_FILE],
];
/** A file that is as old as the stage. Whoever the image's user is may write there. */
const BEGINNING = "/tmp/cargo-green-begins";
const BEGIN = `: >${BEGINNING}`;
/**
 * A digest of all files: of names, modes, links, and what the stage wrote. Other files are of images and packages, and
 * told by size and time, which is ten times as fast; all are read where the beginning is not known. Where a program for
 * that is missing, it is a number that nobody else has: then this very making of the base counts as another base.
 */
const END = `export LC_ALL=C; d=/tmp/cargo-green; mkdir -p $d || exit
list() { find / -xdev \\( ${PASSED_OVER.map((path) => `-path ${path}`).join(" -o ")} \\) -prune -o "$@" -print0; }
[ -e ${BEGINNING} ] || touch -d @0 ${BEGINNING}
{ list -type f ! -newer ${BEGINNING} >$d/old && list -type f -newer ${BEGINNING} >$d/new && list -type l >$d/links &&
{ [ ! -s $d/old ] || xargs -0 stat -c '%a %s %Y %N' <$d/old >>$d/facts; } &&
{ [ ! -s $d/new ] || xargs -0 stat -c '%a %N' <$d/new >>$d/facts; } &&
{ [ ! -s $d/new ] || xargs -0 sha256sum <$d/new >>$d/facts; } &&
{ [ ! -s $d/links ] || xargs -0 stat -c '%N' <$d/links >>$d/facts; } &&
sort $d/facts >$d/all && sha256sum <$d/all >${CONTENTS_FILE}
} || cat /proc/sys/kernel/random/uuid >${CONTENTS_FILE} && rm -rf $d ${BEGINNING}`;

/**
 * The same stages, of which the last one leaves a digest of all that is in it. What the same lines make depends on when
 * and where: packages get newer, and units must not be taken for those of another base.
 */
export function tellContents(parsed: ParsedContainerfile): ParsedContainerfile {
  const { text, continuation, stages, images } = parsed;
  const run = (script: string) => `RUN ${execForm(["/bin/sh", "-c", script], continuation, "    ")}`;
  const [{ instruction } = stages[0]] = stages.slice(-1);
  const startsEmpty = /\sscratch\b/i.test(text.slice(instruction.start, instruction.end));
  const begin = startsEmpty ? "" : `\n${run(BEGIN)}`;
  const at = instruction.end;
  const told = `${text.slice(0, at)}${begin}${text.slice(at).trimEnd()}\nUSER 0:0\n${run(END)}\n`;
  const move = (offset: number) => (offset > at ? offset + begin.length : offset);
  return {
    ...parsed,
    text: told,
    images: images.map(({ start, end }) => ({ start: move(start), end: move(end) })),
  };
}
