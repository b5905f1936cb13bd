// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { contextOf } from "../../src/containerfile/build-context.ts";
import type { ContainerUnit } from "../../src/containerfile/container-unit.ts";
import { containerfileOf } from "../../src/containerfile/containerfile.ts";
import { digestOf } from "../../src/unit/digest.ts";

const image = {
  kind: "image",
  reference: "docker.io/library/rust@sha256:00",
  platform: "linux/amd64",
} as const;
const libc: ContainerUnit = {
  ...{
    name: "libc 0.2.177",
    base: image,
    env: new Map([
      ["B", "$x"],
      ["A", "1"],
    ]),
    cwd: "/usr/local/cargo/libc",
  },
  inputs: [
    {
      kind: "tree",
      target: "/usr/local/cargo/libc",
      tree: { directory: "/home/ann/libc", identity: "sum", files: undefined },
    },
  ],
  ...{ argv: ["rustc", "src/lib.rs"], output: "/target/libc", network: false },
};
const app: ContainerUnit = {
  ...{ ...libc, name: "app 1.0.0\nRUN evil", cwd: "/work" },
  inputs: [
    {
      kind: "tree",
      target: "/work",
      tree: { directory: "/home/ann/app", identity: "tree", files: ["src/lib.rs"] },
    },
    {
      kind: "file",
      target: "/target/a, b",
      file: { path: "/home/ann/x", digest: digestOf("x"), executable: true },
    },
    { kind: "output", target: "/target/liblibc.rlib", unit: libc, path: "liblibc.rlib" },
    { kind: "output", target: "/target/out", unit: { ...libc }, path: "" },
    { kind: "output", target: "/target/odd", unit: libc, path: "a b" },
  ],
};

/** Without the scripts, which every step has. */
async function written(unit: ContainerUnit): Promise<string> {
  return (await containerfileOf(unit)).replaceAll(/(?<="-c", \S\n +)".*"(?=, \S\n)/g, '"…"');
}

test("a unit is written after those that it is made of, each once", async () => {
  expect(await written(app)).toMatchInlineSnapshot(`
    "# Made by cargo-green: built with --output in the context that belongs to it, it gives what a unit leaves.

    FROM --platform=linux/amd64 docker.io/library/rust@sha256:00 AS green-base
    USER 0:0

    # libc 0.2.177
    FROM green-base AS green-de2cb652407f042b
    RUN --network=none \\
        --mount=type=tmpfs,target=/tmp \\
        --mount=type=bind,source=trees/1d1050b3583fe7fed0bfbcb57e1a0c1b8895eb1d7e2b9cc78b849e1549fa6dae,target=/usr/local/cargo/libc \\
        ["/bin/sh", \\
        "-c", \\
        "…", \\
        "/target/libc", \\
        "/usr/local/cargo/libc", \\
        "/bin/sh", \\
        "-c", \\
        "…", \\
        "/target/libc", \\
        "-", \\
        "env", \\
        "-i", \\
        "A=1", \\
        "B=$x", \\
        "rustc", \\
        "src/lib.rs"]

    # app 1.0.0 RUN evil
    FROM green-base AS green-88f19871cff4e44c
    RUN --network=none \\
        --mount=type=tmpfs,target=/tmp \\
        --mount=type=bind,source=trees/a2cd1736dd2ccc2fe0ea6fbb0a8a1c5980faf9616758b1eead04f030d97d5845,target=/work \\
        --mount=type=bind,source=programs/2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881,target=/run/green/1 \\
        --mount=type=bind,from=green-de2cb652407f042b,source=/target/libc/out/liblibc.rlib,target=/target/liblibc.rlib \\
        --mount=type=bind,from=green-de2cb652407f042b,source=/target/libc/out,target=/target/out \\
        --mount=type=bind,from=green-de2cb652407f042b,source=/target/libc/out,target=/run/green/4 \\
        ["/bin/sh", \\
        "-c", \\
        "…", \\
        "/target/libc", \\
        "copy", \\
        "/run/green/1", \\
        "/target/a, b", \\
        "copy", \\
        "/run/green/4/a b", \\
        "/target/odd", \\
        "/work", \\
        "/bin/sh", \\
        "-c", \\
        "…", \\
        "/target/libc", \\
        "-", \\
        "env", \\
        "-i", \\
        "A=1", \\
        "B=$x", \\
        "rustc", \\
        "src/lib.rs"]

    FROM scratch
    COPY --from=green-88f19871cff4e44c /target/libc /
    "
  `);
});

test("the context has what the steps name, each once", () => {
  const entries = contextOf(app);
  expect(entries.map(({ kind, path }) => [kind, path.replace(/[0-9a-f]{64}$/, "…")])).toEqual([
    ...[
      ["tree", "trees/…"],
      ["tree", "trees/…"],
      ["file", "programs/…"],
    ],
  ]);
  expect(contextOf({ ...app, inputs: [...app.inputs, ...libc.inputs] })).toHaveLength(3);
});

test("packages of one commit, and other selections of files, have places of their own", () => {
  const tree = { directory: "/x", identity: "commit", files: undefined };
  const inputs = [
    { kind: "tree", target: "/a", tree },
    { kind: "tree", target: "/b", tree },
    { kind: "tree", target: "/c", tree: { ...tree, files: ["a"] } },
  ] as const;
  expect(contextOf({ ...libc, inputs })).toHaveLength(3);
});

test("a base that is a Containerfile keeps its directives and its way to continue lines", async () => {
  const containerfile =
    "# escape=`\n# syntax=docker/dockerfile:1\nARG V\nFROM rust:$V `\n  AS Tools\nRUN <<E\nFROM x\nE\nFROM tools\nRUN a";
  const text = await written({ ...libc, base: { kind: "stage", containerfile, platform: "linux/amd64" } });
  expect(text).toMatchInlineSnapshot(`
    "# escape=\`
    # syntax=docker/dockerfile:1
    # Made by cargo-green: built with --output in the context that belongs to it, it gives what a unit leaves.

    ARG V
    FROM rust:$V \`
      AS Tools
    RUN <<E
    FROM x
    E
    FROM tools AS green-base-image
    RUN a

    FROM green-base-image AS green-base
    USER 0:0

    # libc 0.2.177
    FROM green-base AS green-4410d646306d63b1
    RUN --network=none \`
        --mount=type=tmpfs,target=/tmp \`
        --mount=type=bind,source=trees/1d1050b3583fe7fed0bfbcb57e1a0c1b8895eb1d7e2b9cc78b849e1549fa6dae,target=/usr/local/cargo/libc \`
        ["/bin/sh", \`
        "-c", \`
        "…", \`
        "/target/libc", \`
        "/usr/local/cargo/libc", \`
        "/bin/sh", \`
        "-c", \`
        "…", \`
        "/target/libc", \`
        "-", \`
        "env", \`
        "-i", \`
        "A=1", \`
        "B=$x", \`
        "rustc", \`
        "src/lib.rs"]

    FROM scratch
    COPY --from=green-4410d646306d63b1 /target/libc /
    "
  `);
});

test("bases that are read differently do not fit one text", async () => {
  const stage = (containerfile: string) =>
    ({ kind: "stage", containerfile, platform: "linux/amd64" }) as const;
  const dependency = { ...libc, base: stage("# escape=`\nFROM a") };
  const unit = { ...app, inputs: [{ kind: "output", target: "/x", unit: dependency, path: "" } as const] };
  await expect(containerfileOf(unit)).rejects.toThrow(expect.objectContaining({ code: "usage" }));
  await expect(containerfileOf({ ...unit, base: stage("RUN a") })).rejects.toThrow("starts from no image");
});
