// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { join } from "node:path";
import { GreenError } from "../error.ts";
import type { FileAccess } from "./files.ts";
import { fileSignature, type Memo } from "./memo.ts";
import type { Runner } from "./run-program.ts";

/** What the identities of this machine are found with. */
export interface SystemContext {
  readonly files: FileAccess;
  readonly run: Runner;
  readonly memo: Memo;
  /** PATH and whatever the compiler driver looks at. */
  readonly env: ReadonlyMap<string, string>;
}

/** The programs and files of the system that end up in, or decide over, what rustc links on Linux. */
const PROGRAMS = ["collect2", "ld", "as"];
const FILES = [
  "crt1.o",
  "Scrt1.o",
  "rcrt1.o",
  "crti.o",
  "crtn.o",
  "crtbegin.o",
  "crtbeginS.o",
  "crtbeginT.o",
  "crtend.o",
  "crtendS.o",
  "libc.so",
  "libc.so.6",
  "libc.a",
  "libc_nonshared.a",
  "libm.so.6",
  "libpthread.so.0",
  "libdl.so.2",
  "libgcc.a",
  "libgcc_eh.a",
  "libgcc_s.so",
  "libgcc_s.so.1",
];

/**
 * Puts questions (`$1`, one a line) to a driver (`$2` and the arguments it is always given) and answers with one text
 * for each, ended by NUL; empty where it fails. One shell costs us less than starting two dozen drivers ourselves.
 */
const ASK_ALL = `
questions=$1; shift; set -f; IFS='
'
for question in $questions; do answer=$("$@" "$question") || answer=; printf '%s\\0' "$answer"; done`;

/** Package databases: one of them describes what is installed. */
const PACKAGE_DATABASES = [
  "var/lib/dpkg/status",
  "lib/apk/db/installed",
  "usr/lib/apk/db/installed",
  "var/lib/rpm/rpmdb.sqlite",
  "usr/lib/sysimage/rpm/rpmdb.sqlite",
  "var/lib/rpm/Packages",
  "usr/lib/sysimage/rpm/Packages.db",
];
/** Databases that are a directory with an entry per package, and links whose target names a whole system. */
const PACKAGE_DIRECTORIES = ["var/lib/pacman/local"];
const SYSTEM_LINKS = ["run/current-system"];

/**
 * Digest (sha256, hex) over the linker driver and everything it adds by itself: the real linker, start files,
 * C library, libgcc. The list of files is remembered while the driver is the same file; their digests by stat.
 * `none` if there is no such program. Throws GreenError "environment" if it was kept from answering.
 *
 * @param linker A path, or a name that is looked up in PATH.
 * @param linkArgs Link arguments of the unit: `-fuse-ld=` and `-B` choose another linker.
 */
export async function linkerIdentity(
  context: SystemContext,
  linker = "cc",
  linkArgs: readonly string[] = [],
): Promise<string> {
  const driver = await resolveProgram(linker, context);
  if (driver === undefined) return "none";
  const choice = linkArgs.filter((arg) => /^(-fuse-ld=|--ld-path=|-B)/.test(arg));
  const members = await memberFiles(linker, driver, choice, context);
  return digestFiles([driver, ...members], context);
}

/** Asks by the name that was given: compiler drivers look at how they were called (`aarch64-linux-gnu-clang`, ccache). */
async function memberFiles(
  linker: string,
  driver: string,
  choice: readonly string[],
  { run, env, memo, files }: SystemContext,
): Promise<readonly string[]> {
  const path = env.get("PATH") ?? "";
  const key = JSON.stringify([
    "linker files",
    linker,
    fileSignature(driver, files.stat(driver)),
    choice,
    path,
  ]);
  const known = memo.get(key);
  if (known !== undefined) return JSON.parse(known) as string[];
  const chosen = choice.flatMap((arg) => {
    const name = /^-fuse-ld=(.*)$/.exec(arg)?.[1];
    return name === undefined || name.includes("/")
      ? [arg.slice(arg.indexOf("=") + 1)]
      : [`ld.${name}`, name];
  });
  const programs = [...PROGRAMS, ...chosen];
  const questions = [
    ...programs.map((name) => `-print-prog-name=${name}`),
    ...FILES.map((name) => `-print-file-name=${name}`),
  ];
  const { code, stdout } = await run(
    "/bin/sh",
    ["-c", ASK_ALL, "sh", questions.join("\n"), linker, ...choice],
    env,
  );
  const answers = stdout.split("\0").slice(0, -1);
  // Interrupted: half of an identity is none, and must not be remembered.
  if (code !== 0 || answers.length !== questions.length) {
    throw new GreenError("environment", `"${linker}" does not say what it links with`);
  }
  const found = await Promise.all(
    answers.map((answer, at) => {
      if (answer === "") return undefined;
      if (at < programs.length) return resolveProgram(answer, { env, files });
      // A name that is not found is printed as it is.
      return answer === FILES[at - programs.length] ? undefined : files.realpath(answer);
    }),
  );
  const members = [...new Set(found.filter((file) => file !== undefined))];
  memo.set(key, JSON.stringify(members));
  return members;
}

/**
 * Digest (sha256, hex) of what is installed on this system: package databases, os-release, C toolchain.
 * Stands for everything a build script may look at or call.
 *
 * @param root For tests: where the system's files are.
 */
export async function systemIdentity(context: SystemContext, root = "/"): Promise<string> {
  const { files } = context;
  const [linker, databases, ...rest] = await Promise.all([
    linkerIdentity(context),
    digestFiles(
      [...PACKAGE_DATABASES, "etc/os-release", "usr/lib/os-release"].map((file) => join(root, file)),
      context,
    ),
    ...PACKAGE_DIRECTORIES.map(async (name) => [...(await files.list(join(root, name)))].sort().join(" ")),
    ...SYSTEM_LINKS.map((name) => files.realpath(join(root, name))),
  ]);
  return digestLines([linker, databases, ...rest.map((each) => each ?? "")]);
}

/** Finds a program as a shell does, without symbolic links; undefined if it is not there. */
export async function resolveProgram(
  program: string,
  { env, files }: Pick<SystemContext, "env" | "files">,
): Promise<string | undefined> {
  if (program.includes("/")) return files.realpath(program);
  for (const directory of (env.get("PATH") ?? "").split(":")) {
    if (directory === "") continue;
    const candidate = join(directory, program);
    if (files.stat(candidate)?.isFile() === true) return files.realpath(candidate);
  }
  return undefined;
}

/** Contents only, not paths: the same system elsewhere is the same system. What is missing counts as missing. */
async function digestFiles(paths: readonly string[], { memo, files }: SystemContext): Promise<string> {
  const digests = paths.map(async (path) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return `${name} ${files.exists(path) ? await memo.digestFile(path) : "(missing)"}`;
  });
  return digestLines(await Promise.all(digests));
}

function digestLines(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n"), "latin1").digest("hex");
}
