// SPDX-License-Identifier: MIT OR Apache-2.0
import { statfsSync, statSync } from "node:fs";
import type { FileAccess } from "../../cargo/files.ts";
import { runProgram } from "../../cargo/run-program.ts";
import { linkerIdentity, resolveProgram, type SystemContext, systemIdentity } from "../../cargo/system.ts";
import type { UnitStore } from "../../store/store.ts";
import { changeTime } from "../../unit/tree.ts";
import { TOOLS } from "../machine.ts";

type Env = ReadonlyMap<string, string>;

/** `OVERLAYFS_SUPER_MAGIC` of Linux, the root of containers. */
const OVERLAY = 0x794c7630;
/** Written when a container is started. */
const CONTAINER_MARK = "/etc/hostname";

/** Another container may have built in a directory that is mounted into this one, before this one began. */
function containerAround(directory: string): readonly string[] {
  try {
    const isContainer = statfsSync("/").type === OVERLAY;
    return isContainer && statSync("/").dev !== statSync(directory).dev ? [CONTAINER_MARK] : [];
  } catch {
    return []; // there is no such directory, and nothing in it
  }
}

/**
 * When what a key says of this system last changed: a result that is older was made with just that. Nanoseconds since
 * the epoch.
 */
export class SystemAges {
  readonly #files: FileAccess;
  readonly #store: UnitStore;
  /** Looked at with everything else. */
  readonly #begun: readonly string[];
  readonly #answers = new Map<string, Promise<bigint>>();

  constructor(files: FileAccess, store: UnitStore, target: string) {
    this.#files = files;
    this.#store = store;
    this.#begun = containerAround(target);
  }

  /** The linker and all that it adds by itself. */
  linker(program: string | undefined, linkArgs: readonly string[], env: Env): Promise<bigint> {
    return this.#latest(["linker", program, env.get("PATH"), ...linkArgs], env, (context) =>
      linkerIdentity(context, program, linkArgs),
    );
  }

  /** What is installed. */
  packages(env: Env): Promise<bigint> {
    return this.#latest(["packages", env.get("PATH")], env, (context) => systemIdentity(context));
  }

  /** Programs that PATH leads to. */
  tools(env: Env): Promise<bigint> {
    return this.#latest(["tools", env.get("PATH")], env, (context) =>
      Promise.all(TOOLS.map((name) => resolveProgram(name, context))),
    );
  }

  /** Finds something out, and how old the files are that had to be looked at for it. */
  #latest(
    question: readonly (string | undefined)[],
    env: Env,
    ask: (context: SystemContext) => Promise<unknown>,
  ): Promise<bigint> {
    const key = JSON.stringify(question);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = this.#find(env, ask);
    this.#answers.set(key, answer);
    return answer;
  }

  async #find(env: Env, ask: (context: SystemContext) => Promise<unknown>): Promise<bigint> {
    const seen = new Set(this.#begun);
    const note = <T>(look: (path: string) => T) => {
      return (path: string) => {
        seen.add(path);
        return look(path);
      };
    };
    const { readText, list, exists, stat, realpath } = this.#files;
    const store = this.#store;
    await ask({
      files: {
        readText: note(readText),
        list: note(list),
        exists: note(exists),
        stat: note(stat),
        realpath: note(realpath),
      },
      run: runProgram,
      memo: {
        get: (key) => store.memo("machine", key),
        set: (key, value) => store.remember("machine", key, value),
        digestFile: (path) => store.digestFile(path),
      },
      env,
    });
    const times = [...seen].map(changeTime);
    return times.reduce((latest, each) => (each > latest ? each : latest), 0n);
  }
}
