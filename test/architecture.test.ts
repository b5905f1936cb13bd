// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { build, type Metafile } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** From the bottom up; a folder imports from its own layer and those below. */
const LAYERS: readonly (readonly string[])[] = [
  ["src/cargo"],
  ["src/unit"],
  ["src/containerfile"],
  ["src/store", "src/runner", "src/remote", "src/shim"],
  ["src/broker"],
  ["commands"],
];

/** Values that are passed in: only what starts something may resolve or print them. */
const EDGES = ["src/config", "src/ui"];
const EDGE_USERS = [
  ...["src/broker", "src/setup", "src/doctor", "src/completion"],
  ...["commands", "src/console.ts", ...EDGES],
];

/** What both ends of the socket must agree on lies with the broker; the shim's folder may import just that. */
const WIRE = ["src/broker/protocol.ts", "src/broker/socket-directory.ts"];

let graph: Metafile["inputs"];

function sources(directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(directory, name));
}

beforeAll(async () => {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [...sources("src"), ...sources("commands")],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    outdir: "unused",
    packages: "external",
    logLevel: "silent",
  });
  graph = result.metafile.inputs;
}, 60_000);

function importsOf(file: string): readonly string[] {
  return (graph[file]?.imports ?? []).map(({ path }) => path);
}

function isBelow(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) => file === folder || file.startsWith(`${folder}/`));
}

function layerOf(file: string): number {
  return LAYERS.findIndex((folders) => isBelow(file, folders));
}

/** All files that loading `entry` loads, and what they import from outside; `lazily` follows `await import` too. */
function closureOf(
  entry: string,
  lazily: boolean,
): { readonly files: Set<string>; readonly external: Set<string> } {
  const files = new Set([entry]);
  const external = new Set<string>();
  for (const file of files) {
    for (const { path, kind, external: outside } of graph[file]?.imports ?? []) {
      if (kind === "dynamic-import" && !lazily) continue;
      if (outside === true) external.add(path);
      else files.add(path);
    }
  }
  return { files, external };
}

describe("imports", () => {
  test("point down only", () => {
    const upwards = Object.keys(graph).flatMap((file) =>
      importsOf(file)
        .filter((imported) => layerOf(file) >= 0 && layerOf(imported) > layerOf(file))
        .filter((imported) => !(isBelow(file, ["src/shim"]) && WIRE.includes(imported)))
        .map((imported) => `${file} → ${imported}`),
    );
    expect(upwards).toEqual([]);
  });

  test("of config and ui are made by what starts something, and nothing below", () => {
    const ambient = Object.keys(graph).flatMap((file) =>
      importsOf(file)
        .filter((imported) => isBelow(imported, EDGES) && !isBelow(file, EDGE_USERS))
        .map((imported) => `${file} → ${imported}`),
    );
    expect(ambient).toEqual([]);
  });

  test("of src never reach the commands, but for the entry", () => {
    const users = Object.keys(graph).filter(
      (file) =>
        file.startsWith("src/") && importsOf(file).some((imported) => imported.startsWith("commands/")),
    );
    expect(users).toEqual(["src/main.ts"]);
  });
});

/** What speaks to builders of containers. */
const BUILDERS = [
  ...["@bufbuild/protobuf", "@bufbuild/protobuf/codegenv2", "@bufbuild/protobuf/wkt"],
  ...["@connectrpc/connect", "@connectrpc/connect-node", "@connectrpc/connect/protocol-grpc"],
  ...["dockerfile-ast", "dockerode"],
];

describe("what is loaded", () => {
  test.each([
    [
      "src/broker/build.ts",
      [
        "@aws-sdk/client-s3",
        "@aws-sdk/lib-storage",
        ...BUILDERS,
        "listr2",
        "smol-toml",
        "tar-stream",
        "undici",
      ],
    ],
    [
      "src/broker/bare.ts",
      ["@aws-sdk/client-s3", "@aws-sdk/lib-storage", ...BUILDERS, "smol-toml", "tar-stream", "undici"],
    ],
    ["src/shim/fallback.ts", []],
    ["src/runner/buildkit/connection/open-builder.ts", ["dockerode"]],
    ["src/remote/open-remote.ts", ["@aws-sdk/client-s3", "@aws-sdk/lib-storage", "undici"]],
  ])("by %s is Node's and ours; late, at most %j too", (entry, late) => {
    const foreign = (lazily: boolean) =>
      [...closureOf(entry, lazily).external].filter((name) => !name.startsWith("node:"));
    expect(closureOf(entry, true).files.size).toBeGreaterThan(1);
    expect(foreign(false)).toEqual([]);
    expect(foreign(true).sort()).toEqual(late);
  });

  test("for `cargo green --version` is next to nothing", () => {
    expect([...closureOf("src/main.ts", false).files].sort()).toEqual([
      "package.json",
      "src/green-flags.ts",
      "src/lost-variables.ts",
      "src/main.ts",
      "src/route.ts",
      "src/version.ts",
    ]);
    expect([...closureOf("src/main.ts", false).external]).toEqual([]);
  });

  test("with the commands leaves the spinner and the broker for when they are needed", () => {
    const { files, external } = closureOf("commands/index.ts", false);
    expect(
      [...files].filter((file) => file.startsWith("src/broker/") || file.endsWith("spinner.ts")),
    ).toEqual([]);
    expect([...external]).not.toContain("listr2");
  });
});

test("nothing below the entries reads the process's environment or ends the process", async () => {
  const { readFileSync } = await import("node:fs");
  const offenders = Object.keys(graph)
    .filter((file) => layerOf(file) >= 0 && layerOf(file) < LAYERS.length - 1)
    .filter((file) => file !== "src/shim/fallback.ts") // an entry of its own
    .filter((file) => /\bprocess\.(env|exit|exitCode)\b/.test(readFileSync(join(root, file), "utf8")));
  expect(offenders).toEqual([]);
});
