// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  // Node makes an object of all that a module of its own exports before another ES module can import any of it.
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  supported: { "dynamic-import": false },
  define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
  legalComments: "none",
  minifySyntax: true,
  minifyWhitespace: true,
  metafile: true,
  logLevel: "warning",
};

/** The guard must be parsed by any Node; it loads the other files, entry.cjs first. */
const guard: BuildOptions = {
  ...shared,
  entryPoints: { main: "src/guard.ts" },
  target: "es2015",
};

/**
 * What loads when: one file for each, as every file takes Node a millisecond or two, and code that is in several costs
 * nothing. What builds have to do with remotes, and what speaks to them, is apart, too. A process loads one of the others,
 * the entry and those, so only GreenErrors, plain data and what is passed in meet code of another file.
 */
const parts: Readonly<Record<string, string>> = {
  build: "src/broker/build.ts",
  broker: "src/broker/bare.ts",
  commands: "commands/index.ts",
  completion: "src/completion/answer.ts",
  share: "src/broker/share/build-share.ts",
  "bare-share": "src/broker/share/bare-share.ts",
  "stage-thread": "src/broker/share/stage-thread.ts",
  spinner: "src/ui/spinner.ts",
  registry: "src/remote/registry/open-registry.ts",
  proxied: "src/remote/registry/proxied-client.ts",
  s3: "src/remote/s3/open-s3.ts",
  containers: "src/broker/container/find-containers.ts",
  buildkit: "src/runner/buildkit/open-buildkit-runner.ts",
  control: "src/runner/buildkit/control.ts",
  containerfile: "src/containerfile/read-containerfile.ts",
  builders: "src/runner/buildkit/connection/probe-builder.ts",
  dockerode: "src/runner/engine/dockerode.ts",
};

/** What dockerode loads for what it is not used for: ssh of its own, sessions of builds. */
const UNUSED_BY_DOCKERODE = [
  "ssh2",
  "@grpc/grpc-js",
  "@grpc/proto-loader",
  "protobufjs",
  "tar-fs",
  "@balena/dockerignore",
];

const program: readonly BuildOptions[] = [
  {
    ...shared,
    entryPoints: { entry: "src/main.ts" },
    target: "node24",
    plugins: [
      leaveOut({
        "./broker/build.ts": "./build.cjs",
        "./broker/bare.ts": "./broker.cjs",
        "../commands/index.ts": "./commands.cjs",
        "./completion/answer.ts": "./completion.cjs",
      }),
    ],
  },
  {
    ...shared,
    entryPoints: parts,
    target: "node24",
    // What a build without remotes, builders and a terminal never loads; a megabyte each of undici and the AWS SDK.
    plugins: [
      leaveOut({
        "./share/build-share.ts": "./share.cjs",
        "./share/bare-share.ts": "./bare-share.cjs",
        "./spinner.ts": "./spinner.cjs",
        "./registry/open-registry.ts": "./registry.cjs",
        "./proxied-client.ts": "./proxied.cjs",
        "./s3/open-s3.ts": "./s3.cjs",
        "../s3/open-s3.ts": "./s3.cjs",
        "../../remote/s3/open-s3.ts": "./s3.cjs",
        "./container/find-containers.ts": "./containers.cjs",
        "./find-containers.ts": "./containers.cjs",
        "../../runner/buildkit/open-buildkit-runner.ts": "./buildkit.cjs",
        "./read-containerfile.ts": "./containerfile.cjs",
        "../../src/runner/buildkit/connection/probe-builder.ts": "./builders.cjs",
        "./dockerode.ts": "./dockerode.cjs",
        "../../src/runner/buildkit/control.ts": "./control.cjs",
      }),
      empty(UNUSED_BY_DOCKERODE),
    ],
    // dockerode (5.0) makes up its mind by this variable, whatever it is told.
    define: { ...shared.define, "process.env.DOCKER_HOST": "undefined" },
  },
];

/** Leaves imports to be resolved when they are reached. */
function leaveOut(paths: Readonly<Record<string, string>>): Plugin {
  return {
    name: "leave out",
    setup: ({ onResolve }) => {
      onResolve({ filter: /^\.{1,2}\// }, ({ path }) =>
        paths[path] === undefined ? undefined : { path: paths[path], external: true },
      );
    },
  };
}

/** Puts an empty module in the place of packages that are loaded and never used. */
function empty(packages: readonly string[]): Plugin {
  return {
    name: "empty",
    setup: ({ onResolve, onLoad }) => {
      const filter = new RegExp(`^(?:${packages.join("|")})$`);
      onResolve({ filter }, ({ path }) => ({ path, namespace: "empty" }));
      onLoad({ filter: /.*/, namespace: "empty" }, () => ({
        contents: "module.exports = {};",
        loader: "js",
      }));
    },
  };
}

/** The shim's stand-in for where none can be compiled: one file, started once per compiler call. */
const fallback: BuildOptions = { ...shared, entryPoints: { shim: "src/shim/fallback.ts" }, target: "node24" };

/** Texts of the licences of all packages that went into the bundles, as their licences ask for. */
function writeLicences(dist: string, metafiles: readonly Metafile[]): void {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const packages = new Set(
    inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  const texts = [...packages].sort().map((directory) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, directory, "package.json"), "utf8"),
    );
    const file = readdirSync(join(root, directory)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? "" : readFileSync(join(root, directory, file), "utf8");
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  writeFileSync(join(dist, "THIRD-PARTY-LICENSES"), texts.join(`\n${"-".repeat(80)}\n\n`));
}

/** Bundles src/ and commands/ into the directory `dist`, with the licences of what is bundled; what was there goes. */
export async function bundle(dist: string): Promise<void> {
  rmSync(dist, { recursive: true, force: true });
  const builds = [guard, ...program, ...(existsSync(join(root, "src/shim/fallback.ts")) ? [fallback] : [])];
  const results = await Promise.all(builds.map((options) => build({ ...options, outdir: dist })));
  writeLicences(
    dist,
    results.flatMap(({ metafile }) => metafile ?? []),
  );
}
