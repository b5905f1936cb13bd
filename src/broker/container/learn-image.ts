// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseRustcVersion } from "../../cargo/toolchain.ts";
import { type ContainerBase, type ContainerUnit, OUTPUT } from "../../containerfile/container-unit.ts";
import { GreenError } from "../../error.ts";
import type { ContainerRunner } from "../../runner/container/container-runner.ts";
import { digestOf } from "../../unit/digest.ts";
import type { UnitImage } from "./image.ts";

/**
 * Asks an image for its compiler, and a base that a Containerfile makes for what it contains; a builder that was asked
 * before has the answer.
 * @param contents what the base is known to contain by now: an older answer does not count
 * Throws GreenError "environment" if there is no compiler in it, and as the builder does.
 */
export async function learnImage(
  base: ContainerBase,
  builder: Pick<ContainerRunner, "run">,
  signal: AbortSignal,
  contents?: string,
): Promise<UnitImage> {
  const unit: ContainerUnit = {
    name: "the base image's compiler",
    base,
    inputs: [],
    env: OFFICIAL,
    cwd: "/",
    argv: ["/bin/sh", "-c", QUESTIONS],
    output: OUTPUT.directory,
    network: false,
  };
  const into = await mkdtemp(join(tmpdir(), "cargo-green-"));
  try {
    const ran = await builder.run(unit, { into, signal, contents });
    const { status, stdout, stderr } = ran;
    const [version = "", sysroot = "", targets = "", rustup = ""] = stdout.toString("utf8").split(MARK);
    if (status !== 0 || parseRustcVersion(version) === undefined) {
      const [said] = stderr.toString("utf8").trim().split("\n");
      throw new GreenError(
        "environment",
        `There is no rustc in the base image: ${said || `status ${status}`}`,
        {
          hint: "set `base-image` to one that has a compiler, as the official `rust` images do",
        },
      );
    }
    const rustc = join(sysroot.trim(), "bin", "rustc");
    return {
      base,
      rustc,
      sysroot: sysroot.trim(),
      targets: targets.split("\n").filter((name) => name !== ""),
      hasRustup: rustup !== "",
      version: version.trimEnd(),
      path: `${dirname(rustc)}:${OFFICIAL.get("PATH")}`,
      identity: identityOf(base, ran.contents),
      contents: ran.contents,
    };
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}

/** What the official images set; in others the compiler is on one of these paths, too. */
const OFFICIAL: ReadonlyMap<string, string> = new Map([
  [
    "PATH",
    "/usr/local/cargo/bin:/root/.cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  ],
  ["RUSTUP_HOME", "/usr/local/rustup"],
  ["CARGO_HOME", "/usr/local/cargo"],
]);
const MARK = "\0";
const QUESTIONS = [
  "rustc -vV && printf '\\0'",
  "rustc --print sysroot && printf '\\0'",
  `{ cd "$(rustc --print sysroot)/lib/rustlib" && for each in */lib; do echo "\${each%/lib}"; done; } && printf '\\0'`,
  "{ command -v rustup || :; }",
].join(" && ");

/** An image is pinned by its digest, whatever it is called; what a stage makes depends on when and where it is made. */
function identityOf(base: ContainerBase, contents: string | undefined): string {
  if (base.kind === "image") return digestOf(`${base.platform}\0${base.reference.replace(/^.*@/s, "")}`);
  if (contents !== undefined) return digestOf(`${base.platform}\0${base.containerfile}\0${contents}`);
  throw new GreenError("environment", "The base image does not say what it contains", {
    hint: "it needs /bin/sh, and files that can be written in /etc",
  });
}
