// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { Sandbox, type SandboxOptions } from "../sandbox.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const GREEN = [join(REPOSITORY, "scripts/with-node"), join(import.meta.dirname, "green.ts")];

/** A sandbox whose units are run by bubblewrap as if it were a builder of containers. */
export class ContainedSandbox extends Sandbox {
  #told = 0;

  constructor(options: SandboxOptions = {}) {
    super({
      green: GREEN,
      ...options,
      env: { CARGOGREEN_RUNNER: "buildkit", ...options.env },
    });
  }

  override env(changes: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
    return super.env({ GREEN_TEST_BUILDER: this.#builder, ...changes });
  }

  /** Names of the units that were really run since the last call, sorted. */
  ran(): readonly string[] {
    const log = join(this.#builder, "ran.log");
    if (!existsSync(log)) return [];
    // Never emptied: what is written to it meanwhile must not get lost.
    const all = readFileSync(log, "utf8").split("\n").slice(0, -1);
    const names = all.slice(this.#told);
    this.#told = all.length;
    return names.sort();
  }

  /** Makes the builder forget all that it ran. */
  forget(): void {
    rmSync(this.#builder, { recursive: true, force: true });
    this.#told = 0;
  }

  get #builder(): string {
    return this.path("builder");
  }
}
