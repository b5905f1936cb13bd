// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname, join, resolve } from "node:path";
import { type FileAccess, nodeFiles } from "../cargo/files.ts";
import { findGitRoot, gitState } from "../cargo/git-state.ts";
import {
  findLockfile,
  indexLockfile,
  type LockedPackage,
  type LockIndex,
  parseLockfile,
} from "../cargo/lockfile.ts";
import type { Memo } from "../cargo/memo.ts";
import type { PackageContext } from "../cargo/package.ts";
import { runProgram } from "../cargo/run-program.ts";
import { linkerIdentity, resolveProgram, systemIdentity } from "../cargo/system.ts";
import { type AskedRustc, askRustc, type RustcIdentity } from "../cargo/toolchain.ts";
import { GreenError } from "../error.ts";
import { findBackend } from "../runner/host/backend.ts";
import type { SandboxBackend } from "../runner/host/spec.ts";
import { bootAndNamespaces } from "../store/boot-id.ts";
import type { UnitStore } from "../store/store.ts";
import { type Digest, digestOf } from "../unit/digest.ts";

type Env = ReadonlyMap<string, string>;

/** Programs that build scripts look for by name; which one PATH leads to is part of what a run depends on. */
export const TOOLS = (
  "cc gcc g++ c++ clang clang++ ld lld mold ar ranlib nm strip objcopy as nasm yasm make gmake ninja cmake autoconf " +
  "automake libtool pkg-config pkgconf perl python python3 bash sh git protoc flex bison rustfmt node go java nvcc"
).split(" ");

/** Rust's own, which Cargo may start by name, and which rustup may have put anywhere on PATH. */
const RUST_PROGRAMS = "rustc rustdoc cargo rustup clippy-driver".split(" ");

/** How long an answer of git holds, milliseconds. */
const GIT_PAUSE_MS = 1000;

/**
 * What is asked of this machine again and again during a build: compilers, linkers, the system, lockfiles.
 * Each answer is found once; answers that outlive the build are kept in the store's memo.
 */
export class Machine {
  readonly #files: FileAccess = nodeFiles("utf8");
  readonly #memo: Memo;
  readonly #store: UnitStore;
  readonly #project: string | undefined;
  readonly #answers = new Map<string, Promise<unknown>>();
  readonly #outside = new Map<string, readonly string[]>();
  #locked: { readonly text: string; readonly packages: readonly LockedPackage[] } | undefined;

  /** @param project where to look for Cargo.lock first; undefined if that is not known */
  constructor(store: UnitStore, project: string | undefined) {
    this.#store = store;
    this.#project = project;
    this.#memo = {
      get: (key) => store.memo("machine", key),
      set: (key, value) => store.remember("machine", key, value),
      digestFile: (path) => store.digestFile(path),
    };
  }

  /** The compiler; throws GreenError "environment" if it does not answer. */
  async toolchain(rustc: string, env: Env): Promise<RustcIdentity> {
    const found = await (await this.askToolchain(rustc, env)).identity;
    if (found === undefined) throw new GreenError("environment", `"${rustc} -vV" does not work`);
    return found;
  }

  /** The same, as soon as the compiler works on its answer. */
  askToolchain(rustc: string, env: Env): Promise<AskedRustc> {
    const depends = ["PATH", "RUSTUP_TOOLCHAIN", "RUSTC_FORCE_RUSTC_VERSION"].map((name) => env.get(name));
    const question = ["rustc", rustc, ...depends];
    return this.#once(question, async () => {
      const asked = await askRustc(rustc, this.#system(env));
      const forget = () => this.#forget(question); // it may be installed by the next time
      asked.identity.then((found) => found ?? forget(), forget);
      return asked;
    });
  }

  /** Digest of the linker and the C library. */
  linker(program: string | undefined, linkArgs: readonly string[], env: Env): Promise<string> {
    return this.#once(["linker", program, env.get("PATH"), ...linkArgs], () =>
      linkerIdentity(this.#system(env), program, linkArgs),
    );
  }

  /** Digest of what is installed on the system. */
  packages(env: Env): Promise<string> {
    return this.#once(["packages", env.get("PATH")], () => systemIdentity(this.#system(env)));
  }

  /** Digest of the programs that PATH leads to. Those that the system's packages brought are in `packages`. */
  tools(env: Env): Promise<Digest> {
    return this.#once(["tools", env.get("PATH")], async () => {
      const found = await Promise.all(
        TOOLS.map(async (name) => {
          const path = await resolveProgram(name, { env, files: this.#files });
          if (path === undefined || /^\/(usr\/)?s?bin\//.test(path)) return `${name} ${path}`;
          return `${name} ${await this.#store.digestFile(path)}`;
        }),
      );
      return digestOf(found.join("\n"));
    });
  }

  /** Where PATH leads to such programs, if that is not one of the system's directories. */
  toolFiles(env: Env): readonly string[] {
    return this.#outsideOfSystem(TOOLS, env);
  }

  /** The same for Rust's own programs: rustup's proxies, or what stands in their place. */
  rustFiles(env: Env): readonly string[] {
    return this.#outsideOfSystem(RUST_PROGRAMS, env);
  }

  #outsideOfSystem(programs: readonly string[], env: Env): readonly string[] {
    const path = env.get("PATH") ?? "";
    const question = JSON.stringify([programs, path]);
    const known = this.#outside.get(question);
    if (known !== undefined) return known;
    const directories = path.split(":").filter((each) => each.startsWith("/"));
    const answer = programs.flatMap((name) => {
      const found = directories.find((each) => this.#files.stat(join(each, name))?.isFile() === true);
      return found === undefined || /^\/(usr\/)?s?bin\/?$/.test(found) ? [] : [join(found, name)];
    });
    this.#outside.set(question, answer);
    return answer;
  }

  digestFile(path: string): Promise<Digest> {
    return this.#store.digestFile(path);
  }

  /** What keeps units in on this machine. */
  sandbox(shim: string | undefined, env: Env): Promise<SandboxBackend> {
    const superuser = process.getuid?.() === 0;
    return this.#once(["sandbox"], () =>
      findBackend({
        files: this.#files,
        run: runProgram,
        env,
        shim,
        superuser,
        boot: bootAndNamespaces(),
        known: (key) => this.#memo.get(key),
        remember: (key, value) => this.#memo.set(key, value),
      }),
    );
  }

  /** The repository that a directory lies in, and where its data is if that is elsewhere (worktrees, submodules). */
  async repository(directory: string): Promise<readonly string[]> {
    const root = findGitRoot(directory, this.#files);
    if (root === undefined) return [];
    const link = await this.#files.readText(join(root, ".git"));
    const data = /^gitdir: (.+)$/m.exec(link ?? "")?.[1];
    return data === undefined ? [root] : [root, dirname(dirname(resolve(root, data)))];
  }

  /**
   * Digest of the git repository that a directory lies in; `unknown` if git does not tell. What was asked for just
   * before is not asked again, but a build may outlive a commit, and `cargo watch` many.
   */
  git(directory: string, env: Env): Promise<string | undefined> {
    const moment = Math.floor(Date.now() / GIT_PAUSE_MS);
    return this.#once(["git", directory, String(moment)], () => this.gitNow(directory, env));
  }

  /** Like `git`, asked now. */
  async gitNow(directory: string, env: Env): Promise<string | undefined> {
    const state = await gitState(directory, env, { files: this.#files, run: runProgram });
    return typeof state === "object" ? state.digest : state;
  }

  /** What a Cargo.lock says: taken apart once as long as it is the same one. */
  lockedPackages(text: string): readonly LockedPackage[] {
    if (this.#locked?.text !== text) this.#locked = { text, packages: parseLockfile(text) };
    return this.#locked.packages;
  }

  /** What identifying a package takes; `near` is a directory of the build, to find its lockfile from. */
  async packageContext(near: string): Promise<PackageContext> {
    const lockfile = await this.#once(["lockfile", this.#project ?? near], () => this.#lockfile(near));
    return { files: this.#files, digestFile: (path) => this.#store.digestFile(path), lockfile };
  }

  /** The directory of the lockfile that a package is built with, if the package lies there. */
  async workspaceOf(packageRoot: string): Promise<string | undefined> {
    const path = findLockfile(this.#project ?? packageRoot, this.#files);
    const workspace = path === undefined ? undefined : dirname(path);
    return workspace !== undefined && `${packageRoot}/`.startsWith(`${workspace}/`) ? workspace : undefined;
  }

  async #lockfile(near: string): Promise<LockIndex | undefined> {
    const path = findLockfile(this.#project ?? near, this.#files);
    const text = path === undefined ? undefined : await this.#files.readText(path);
    return text === undefined ? undefined : indexLockfile(this.lockedPackages(text));
  }

  #system(env: Env) {
    return { files: this.#files, run: runProgram, memo: this.#memo, env };
  }

  #once<T>(question: readonly (string | undefined)[], ask: () => Promise<T>): Promise<T> {
    const key = JSON.stringify(question);
    const known = this.#answers.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const answer = ask();
    this.#answers.set(key, answer);
    answer.catch(() => this.#forget(question));
    return answer;
  }

  #forget(question: readonly (string | undefined)[]): void {
    this.#answers.delete(JSON.stringify(question));
  }
}
