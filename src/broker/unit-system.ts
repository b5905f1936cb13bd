// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RustcIdentity } from "../cargo/toolchain.ts";

type Env = ReadonlyMap<string, string>;

/** What units are made with beside the compiler: this system and its tools, or those of an image. All of it is for keys. */
export interface UnitSystem {
  /** The compiler, as it stands in keys. */
  compiler(toolchain: RustcIdentity): string;
  /** The same of clippy's, which is at this path of this machine. */
  clippy(driver: string): Promise<string>;
  /** The linker and the C library. */
  linker(program: string | undefined, linkArgs: readonly string[], env: Env): Promise<string>;
  /** What is installed. */
  packages(env: Env): Promise<string>;
  /** The programs that PATH leads to. */
  tools(env: Env): Promise<string>;
  /** Variables that no unit gets to see, as they are about this machine alone. */
  readonly withheld: ReadonlySet<string>;
  /** True if a build script meets nothing that is not in its key, unless it asks git: nothing of the system, nothing of an earlier run. */
  readonly seals: boolean;
  /** True if a unit sees no more of this machine than it is shown. */
  confines(env: Env): Promise<boolean>;
}
