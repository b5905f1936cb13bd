// SPDX-License-Identifier: MIT OR Apache-2.0
// Part of guard.ts, and compiled down with it; it is run by a new Node alone.

/** First bytes of a kept file: when the first of its name was made, milliseconds since the epoch, as a double. */
const HEADER_BYTES = 8;
/** Code of other versions of a bundle goes when it was not renewed for so long: a week. */
const FORGOTTEN_MS = 7 * 24 * 3_600_000;
/** Node's own wrapper of a CommonJS module. */
const WRAPPER = ["(function (exports, require, module, __filename, __dirname) { ", "\n});"] as const;

interface KeptCode {
  /** Undefined if there is none yet. */
  readonly code: Buffer | undefined;
  readonly first: number;
  /** When it was made itself. */
  readonly made: number;
}

/** The code in a kept file; undefined if it only notes that there was a process. */
export function keptCode(file: Buffer): Buffer | undefined {
  return file.length > HEADER_BYTES ? file.subarray(HEADER_BYTES) : undefined;
}

/** Where code is that came with bundles, by the names of kept code, for the V8 that runs now alone. */
export function placeOfShippedCode(directory: string): string {
  return `${directory}/code/${process.versions.v8}-${process.arch}`;
}

/** Loads bundles that lie in one directory, and keeps what V8 made of them. */
export interface BundleLoader {
  /** The exports of `./name.cjs`. */
  load(id: string): unknown;
  /** Keeps the compiled code of what was loaded, where that is due. Never throws. */
  keep(now: number): void;
}

/**
 * Loads CommonJS bundles with V8's code cache as an earlier process left it when it ended: then it holds the functions
 * that were called, which are most of what a start would compile. (`module.enableCompileCache` keeps what is compiled
 * while a module is loaded, which is hardly more than its outermost function.)
 *
 * The first process only leaves a note that it was there: on a machine that is thrown away, code would be made for
 * nobody. As processes differ in what they call, kept code is renewed when it has become twice as old as it was when it
 * was made: soon after the first time, and then ever more seldom.
 *
 * Until then there is the code that was shipped with the bundles, if it was made by the same V8: what a first build calls
 * (`scripts/code.ts`).
 *
 * @param cache Where code is kept: of the user alone, as it is run. Undefined: nowhere.
 */
export function bundleLoader(directory: string, cache: string | undefined): BundleLoader {
  const fs = process.getBuiltinModule("node:fs");
  const { Script, constants } = process.getBuiltinModule("node:vm");
  const { hash } = process.getBuiltinModule("node:crypto");
  const { Module, createRequire } = process.getBuiltinModule("node:module");
  const original = createRequire(`${directory}/main.cjs`);
  const compiled: { path: string; script: InstanceType<typeof Script>; kept?: KeptCode }[] = [];

  const recall = (path: string): KeptCode | undefined => {
    try {
      const bytes = fs.readFileSync(path);
      const made = fs.statSync(path).mtimeMs;
      return { first: bytes.readDoubleLE(0), code: keptCode(bytes), made };
    } catch {
      return undefined;
    }
  };

  const shipped = (name: string): Buffer | undefined => {
    try {
      return fs.readFileSync(`${placeOfShippedCode(directory)}/${name}`);
    } catch {
      return undefined;
    }
  };

  const compile = (name: string, filename: string) => {
    const source = fs.readFileSync(filename, "utf8");
    const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    const text = `${WRAPPER[0]}${source}${WRAPPER[1]}`;
    // V8 itself looks at the source's length, its own version and its flags.
    const known = `${name}-${hash("sha256", source).slice(0, 16)}`;
    const path = `${cache}/${known}`;
    const kept = cache === undefined ? undefined : recall(path);
    const cachedData = kept?.code ?? shipped(known);
    const script = new Script(text, { filename, importModuleDynamically, cachedData });
    const isUsable = kept !== undefined && (kept.code === undefined || script.cachedDataRejected !== true);
    compiled.push({ path, script, ...(isUsable && { kept }) });
    return script;
  };

  const load = (id: string): unknown => {
    const filename = `${directory}/${id.slice("./".length)}`;
    const known = original.cache[filename];
    if (known !== undefined) return known.exports;
    // Where Node's own `require` looks: whoever finds a bundle by its path shall have the same.
    const module = new Module(filename);
    original.cache[filename] = module;
    const run = compile(id.slice("./".length, -".cjs".length), filename).runInThisContext();
    run.call(module.exports, module.exports, require, module, filename, directory);
    return module.exports;
  };
  const require = Object.assign((id: string) => (id.startsWith("./") ? load(id) : original(id)), original);

  const write = (path: string, first: number, code: Buffer = Buffer.alloc(0)): void => {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeDoubleLE(first);
    const temporary = `${path}.${process.pid}`;
    fs.writeFileSync(temporary, Buffer.concat([header, code]), { mode: 0o600 });
    fs.renameSync(temporary, path);
  };

  const forget = (directory: string, now: number): void => {
    for (const name of fs.readdirSync(directory)) {
      const path = `${directory}/${name}`;
      if (now - fs.statSync(path).mtimeMs > FORGOTTEN_MS) fs.rmSync(path, { recursive: true, force: true });
    }
  };

  return {
    load,
    keep(now) {
      if (cache === undefined) return;
      try {
        for (const { path, script, kept } of compiled) {
          if (kept === undefined) {
            fs.mkdirSync(cache, { recursive: true, mode: 0o700 });
            forget(cache, now);
            write(path, now);
          } else if (kept.code === undefined || now - kept.made > kept.made - kept.first) {
            write(path, kept.first, script.createCachedData());
          }
        }
      } catch {
        // A place that cannot be written to only costs time.
      }
    },
  };
}
