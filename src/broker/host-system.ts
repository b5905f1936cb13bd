// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RustcIdentity } from "../cargo/toolchain.ts";
import type { Machine } from "./machine.ts";
import type { UnitSystem } from "./unit-system.ts";

type Env = ReadonlyMap<string, string>;

/** Units are made with what this machine has. */
export class HostSystem implements UnitSystem {
  readonly seals = false;
  readonly withheld: ReadonlySet<string> = new Set();
  readonly #machine: Machine;
  readonly #sandboxed: boolean;
  readonly #shim: string | undefined;

  /** @param sandboxed false where the settings say that there is no sandbox */
  constructor(machine: Machine, sandboxed: boolean, shim: string | undefined) {
    this.#machine = machine;
    this.#sandboxed = sandboxed;
    this.#shim = shim;
  }

  compiler({ text }: RustcIdentity): string {
    return text;
  }

  clippy(driver: string): Promise<string> {
    return this.#machine.digestFile(driver);
  }

  linker(program: string | undefined, linkArgs: readonly string[], env: Env): Promise<string> {
    return this.#machine.linker(program, linkArgs, env);
  }

  packages(env: Env): Promise<string> {
    return this.#machine.packages(env);
  }

  tools(env: Env): Promise<string> {
    return this.#machine.tools(env);
  }

  async confines(env: Env): Promise<boolean> {
    return this.#sandboxed && (await this.#machine.sandbox(this.#shim, env)).kind !== "none";
  }
}
