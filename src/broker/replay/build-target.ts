// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { platformDirectory, profileDirectory } from "../../cargo/target-layout.ts";
import type { UnitGraph } from "../../cargo/unit-graph.ts";
import { GreenError } from "../../error.ts";
import { lockPlaces } from "./lock-places.ts";
import type { BuildPlace } from "./plan-build.ts";
import { openTarget, type TargetWriter } from "./target-writer.ts";
import { isUnused } from "./used-profiles.ts";

export interface TargetServices {
  /** The native shim. */
  readonly shim: string;
  /** Told once if somebody else holds one of the locks. */
  readonly blocked: () => void;
  /** Starts Cargo, unless it was started: it has much to read before it wants the locks, and then waits without a word. */
  readonly startCargo: () => void;
}

/** Opens the target directory of one build, and lets Cargo start as soon as it is held back from it. */
export class BuildTarget {
  readonly #services: TargetServices;
  #opened: { readonly profiles: ReadonlySet<string>; readonly writer: Promise<TargetWriter> } | undefined;

  constructor(services: TargetServices) {
    this.#services = services;
  }

  /** Opens it before the build is planned, if nothing was built there yet: Cargo can work meanwhile. Never rejects. */
  async expect(build: BuildPlace): Promise<void> {
    const profiles = profilesOf(build.graph);
    for (const profile of profiles) if (!isUnused(join(build.place.target, profile))) return;
    const writer = this.#open(build, profiles);
    this.#opened = { profiles, writer };
    await writer.catch(() => {}); // whoever asks for it is told
  }

  /** Takes Cargo's locks on these profiles (`release`, `<triple>/debug`), making their directories. Throws as `openTarget` does. */
  async open(build: BuildPlace, profiles: ReadonlySet<string>): Promise<TargetWriter> {
    if (this.#opened === undefined) return this.#open(build, profiles);
    const { profiles: opened, writer } = this.#opened;
    if ([...profiles].every((profile) => opened.has(profile))) return writer;
    // Whoever waits for one lock while he holds another may wait for ever.
    throw new GreenError("internal", `Units lie in ${[...profiles].join(", ")}, which was not expected`);
  }

  /** Makes it, with what the compiler is known to answer, where there is nothing to be laid down. Never throws. */
  make({ artifacts, rustcInfo, place }: BuildPlace): void {
    try {
      makeDirectories([artifacts, place.target]);
    } catch {
      return; // Cargo says why
    }
    rustcInfo?.lay();
  }

  /** Lets go what was opened and not asked for. */
  async close(): Promise<void> {
    await this.#opened?.writer.then((writer) => writer.release()).catch(() => {});
  }

  async #open(
    { cargo, artifacts, rustcInfo, place }: BuildPlace,
    profiles: ReadonlySet<string>,
  ): Promise<TargetWriter> {
    const { shim, blocked, startCargo } = this.#services;
    const hostFirst = [...profiles].sort((a, b) => a.length - b.length);
    const files = lockPlaces({ cargo, artifacts, build: place.target, profiles: hostFirst });
    makeDirectories([artifacts, place.target]);
    for (const file of files) mkdirSync(dirname(file), { recursive: true });
    rustcInfo?.lay(); // Cargo looks for it first
    const writer = await openTarget(shim, files, blocked);
    if (writer.holdsBack) startCargo();
    return writer;
  }
}

function profilesOf({ units }: UnitGraph): ReadonlySet<string> {
  return new Set(
    units.map(({ profile, platform }) => {
      const directory = profileDirectory(profile.name);
      return platform === undefined ? directory : `${platformDirectory(platform)}/${directory}`;
    }),
  );
}

/** As Cargo writes it into a target directory that it makes, so that backups leave it out: https://bford.info/cachedir/ */
const CACHEDIR_TAG = `Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by cargo.
# For information about cache directory tags see https://bford.info/cachedir/
`;

function makeDirectories(directories: readonly string[]): void {
  for (const directory of directories) {
    if (mkdirSync(directory, { recursive: true }) !== undefined)
      writeFileSync(join(directory, "CACHEDIR.TAG"), CACHEDIR_TAG);
  }
}
