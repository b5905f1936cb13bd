// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import {
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { UnitImage } from "../../../src/broker/container/image.ts";
import type { ContainerInput, ContainerUnit, LocalTree } from "../../../src/containerfile/container-unit.ts";
import { GreenError } from "../../../src/error.ts";
import type {
  ContainerRun,
  ContainerRunner,
  ContainerRunOptions,
} from "../../../src/runner/container/container-runner.ts";

/** Where the toolchain of this machine is in such a container, as in the official images. */
const TOOLCHAINS = "/usr/local/rustup/toolchains";
const SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const LINKS = ["bin", "sbin", "lib", "lib64"];

/** An image that is this machine's /usr with its toolchain, and nothing else. */
export function machineImage(sysroot: string, version: string): UnitImage {
  const there = `${TOOLCHAINS}/${basename(sysroot)}`;
  return {
    base: { kind: "image", reference: `machine@sha256:${"0".repeat(64)}`, platform: "linux/amd64" },
    rustc: `${there}/bin/rustc`,
    sysroot: there,
    targets: [],
    hasRustup: false,
    version,
    path: `${there}/bin:${SYSTEM}`,
    identity: hash("sha256", version),
  };
}

export interface BwrapBuilderOptions {
  /** Where it keeps what it ran. */
  readonly directory: string;
  /** Of this machine's toolchain. */
  readonly sysroot: string;
  /** Told the name of each unit that is really run. */
  readonly note: (name: string) => void;
}

function gone(cause: unknown): GreenError {
  return new GreenError("unreachable", "The builder went away", { cause, retryable: true, side: "bwrap" });
}

/**
 * Runs container units for real without an engine: bubblewrap over this machine's /usr and toolchain. What it ran it
 * has again, in a directory of its own, as a builder has.
 */
export class BwrapBuilder implements ContainerRunner {
  readonly kind = "buildkit";
  readonly #directory: string;
  readonly #sysroot: string;
  readonly #note: (name: string) => void;
  readonly #running = new Set<AbortController>();
  readonly #digests = new WeakMap<ContainerUnit, string>();
  readonly #started = new Map<string, Promise<Kept>>();

  constructor({ directory, sysroot, note }: BwrapBuilderOptions) {
    this.#directory = directory;
    this.#sysroot = sysroot;
    this.#note = note;
  }

  async run(unit: ContainerUnit, { into, signal }: ContainerRunOptions): Promise<ContainerRun> {
    const kept = await this.#keptRun(unit, signal);
    await cp(join(kept.directory, "out"), into, { recursive: true, verbatimSymlinks: true });
    const [stdout, stderr] = await Promise.all(
      ["stdout", "stderr"].map((name) => readFile(join(kept.directory, name))),
    );
    return {
      status: Number(await readFile(join(kept.directory, "status"), "utf8")),
      stdout: stdout ?? Buffer.alloc(0),
      stderr: stderr ?? Buffer.alloc(0),
      cached: kept.cached,
      contents: undefined,
    };
  }

  async close(): Promise<void> {
    for (const running of this.#running) running.abort();
  }

  async #keptRun(unit: ContainerUnit, signal: AbortSignal): Promise<Kept> {
    const directory = join(this.#directory, "runs", this.#digestOf(unit));
    if (existsSync(directory)) return { directory, cached: true };
    const known = this.#started.get(directory);
    if (known !== undefined) return known;
    const started = this.#start(unit, directory, signal);
    this.#started.set(directory, started);
    started.catch(() => this.#started.delete(directory));
    return started;
  }

  async #start(unit: ContainerUnit, directory: string, signal: AbortSignal): Promise<Kept> {
    const out = await this.#temporary();
    await mkdir(join(out, "out"));
    const mounts = await Promise.all(unit.inputs.map((input) => this.#mount(input, signal)));
    const argv = [
      ...this.#options(unit, out),
      ...mounts.flat(),
      "--remount-ro",
      "/",
      "--chdir",
      unit.cwd,
      "--",
      ...unit.argv,
    ];
    const { status, stdout, stderr } = await this.#spawn(argv, signal);
    await writeFile(join(out, "stdout"), stdout);
    await writeFile(join(out, "stderr"), stderr);
    await writeFile(join(out, "status"), String(status));
    await mkdir(dirname(directory), { recursive: true });
    await rename(out, directory);
    this.#note(unit.name);
    return { directory, cached: false };
  }

  async #temporary(): Promise<string> {
    await mkdir(this.#directory, { recursive: true });
    return mkdtemp(join(this.#directory, "tmp-"));
  }

  #options({ env, network, cwd, output }: ContainerUnit, out: string): readonly string[] {
    const there = `${TOOLCHAINS}/${basename(this.#sysroot)}`;
    return [
      ...["--die-with-parent", "--unshare-pid", "--unshare-ipc", ...(network ? [] : ["--unshare-net"])],
      ...["--clearenv", ...[...env].flatMap(([name, value]) => ["--setenv", name, value])],
      ...["--ro-bind", "/usr", "/usr", "--tmpfs", "/usr/local", "--ro-bind", this.#sysroot, there],
      ...LINKS.flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]),
      ...["passwd", "group", "alternatives", "ld.so.cache", "os-release"].flatMap((name) => [
        ...["--ro-bind-try", `/etc/${name}`, `/etc/${name}`],
      ]),
      ...["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"],
      ...["--dir", cwd, "--bind", out, output],
    ];
  }

  async #mount(input: ContainerInput, signal: AbortSignal): Promise<readonly string[]> {
    switch (input.kind) {
      case "file":
        return ["--ro-bind", input.file.path, input.target];
      case "tree":
        return ["--ro-bind", await this.#treeOf(input.tree), input.target];
      case "output": {
        const { directory } = await this.#keptRun(input.unit, signal);
        return ["--ro-bind", join(directory, "out", input.path), input.target];
      }
    }
  }

  /** The files of a tree that are shown; all of a directory is shown as it is. */
  async #treeOf({ directory, identity, files }: LocalTree): Promise<string> {
    if (files === undefined) return directory;
    const kept = join(this.#directory, "trees", hash("sha256", `${directory} ${identity}`));
    if (existsSync(kept)) return kept;
    const copy = await this.#temporary();
    for (const file of files) {
      await mkdir(dirname(join(copy, file)), { recursive: true });
      const source = join(directory, file);
      const link = await readlink(source).catch(() => undefined);
      if (link !== undefined) await symlink(link, join(copy, file));
      else if (statSync(source).isDirectory()) await mkdir(join(copy, file));
      else await copyFile(source, join(copy, file));
    }
    await mkdir(dirname(kept), { recursive: true });
    await rename(copy, kept).catch(() => rm(copy, { recursive: true }));
    return kept;
  }

  async #spawn(
    argv: readonly string[],
    signal: AbortSignal,
  ): Promise<Omit<ContainerRun, "cached" | "contents">> {
    signal.throwIfAborted();
    const closed = new AbortController();
    this.#running.add(closed);
    const child = spawn("bwrap", [...argv], {
      stdio: ["ignore", "pipe", "pipe"],
      signal: AbortSignal.any([signal, closed.signal]),
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    try {
      const status = await new Promise<number>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => resolve(code ?? -1));
      });
      return { status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
    } catch (thrown) {
      signal.throwIfAborted();
      throw gone(thrown);
    } finally {
      this.#running.delete(closed);
    }
  }

  #digestOf(unit: ContainerUnit): string {
    const known = this.#digests.get(unit);
    if (known !== undefined) return known;
    const { base, inputs, env, cwd, argv, output, network } = unit;
    const named = inputs.map((input) => {
      if (input.kind === "output") return ["output", input.target, this.#digestOf(input.unit), input.path];
      if (input.kind === "tree") return ["tree", input.target, input.tree.identity, input.tree.files];
      return ["file", input.target, input.file.digest, input.file.executable];
    });
    const digest = hash("sha256", JSON.stringify([base, named, [...env].sort(), cwd, argv, output, network]));
    this.#digests.set(unit, digest);
    return digest;
  }
}

interface Kept {
  readonly directory: string;
  readonly cached: boolean;
}
