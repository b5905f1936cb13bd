// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run.ts";

/** Brought by the package that apt itself verifies Debian's archives with. */
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** A release of Debian that packages are downloaded from: the machine's own, or another from the same mirror. */
export class AptRelease {
  readonly #directory: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #options: readonly string[];
  #updated = false;

  /** `directory` is where packages go. */
  constructor(directory: string, env: NodeJS.ProcessEnv, options: readonly string[] = []) {
    this.#directory = directory;
    this.#env = env;
    this.#options = options;
  }

  /**
   * Another release than the machine's. `lists` is an empty directory for its package lists. Returns what went wrong
   * instead.
   */
  static async of(
    release: string,
    directory: string,
    lists: string,
    env: NodeJS.ProcessEnv,
  ): Promise<AptRelease | string> {
    const mirror = await debianMirror(directory, env);
    if (mirror === undefined) return "apt is set up for no mirror of Debian";
    // Beside its lists, since apt removes what it finds among them.
    const sources = join(lists, "sources.list");
    mkdirSync(join(lists, "lists", "partial"), { recursive: true });
    writeFileSync(sources, `deb [signed-by=${KEYRING}] ${mirror} ${release} main\n`);
    const apt = new AptRelease(directory, env, [
      ...["-o", `Dir::Etc::SourceList=${sources}`, "-o", "Dir::Etc::SourceParts=/dev/null"],
      ...["-o", `Dir::State::Lists=${join(lists, "lists")}`, "-o", `Dir::Cache=${lists}`],
      ...["-o", "Acquire::Languages=none"],
    ]);
    return (await apt.#update()) ?? apt;
  }

  /**
   * Downloads packages, each as `NAME` or `NAME=VERSION`: none of them if one is not to be had. Returns what went wrong,
   * or `undefined`.
   */
  async download(packages: readonly string[]): Promise<string | undefined> {
    if (packages.length === 0) return undefined;
    const problem = await this.#run(["download", ...packages]);
    if (problem === undefined || this.#updated) return problem;
    return (await this.#update()) === undefined ? this.#run(["download", ...packages]) : problem;
  }

  /** The lists of the machine's own release are root's. */
  async #update(): Promise<string | undefined> {
    this.#updated = true;
    const asRoot = process.getuid?.() === 0 || this.#options.length > 0 ? [] : ["sudo", "-n"];
    return this.#run(["update", "-qq"], asRoot);
  }

  async #run(args: readonly string[], before: readonly string[] = []): Promise<string | undefined> {
    const command = [...before, "apt-get", ...this.#options, ...args];
    const { succeeded, output } = await run(command, this.#directory, this.#env);
    return succeeded ? undefined : `apt-get ${args.join(" ")}: ${output.trim()}`;
  }
}

/** The URL that apt has Debian's own packages from. */
export async function debianMirror(directory: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const format = "$(ORIGIN) $(LABEL) $(REPO_URI)";
  const { output } = await run(
    ["apt-get", "indextargets", "--format", format, "Created-By: Packages"],
    directory,
    env,
  );
  return /^Debian Debian (\S+)$/m.exec(output)?.[1];
}
