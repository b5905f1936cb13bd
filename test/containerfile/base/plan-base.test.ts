// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { checkRustc } from "../../../src/containerfile/base/check-rustc.ts";
import type { ImageReference } from "../../../src/containerfile/base/image-reference.ts";
import { pinBase, TAG_ALONE } from "../../../src/containerfile/base/pin-base.ts";
import { type BaseSettings, planBase } from "../../../src/containerfile/base/plan-base.ts";
import { GreenError } from "../../../src/error.ts";
import { withoutContents } from "./without-contents.ts";

const rustc = { release: "1.95.0", host: "x86_64-unknown-linux-gnu" };
const UNSAID: BaseSettings = {
  ...{ baseImage: undefined, baseImageInline: undefined, components: [] },
  ...{ addApt: [], addAptGet: [], addApk: [] },
};
const plan = (settings: Partial<BaseSettings> = {}, targets: readonly string[] = [], own = rustc) =>
  planBase({ ...UNSAID, ...settings }, own, targets);

/** A registry that has everything; each image's digest is told by its name. */
const pinned = async (settings: Partial<BaseSettings>, targets: readonly string[] = []) =>
  pinBase(await plan(settings, targets), [], async ({ repository, tag }) => `sha256:${repository}-${tag}`);

describe("the base of units", () => {
  test("is the official image with the local rustc, if nobody says", async () => {
    expect(await pinned({})).toEqual({
      ...{ kind: "image", platform: "linux/amd64" },
      reference: "docker.io/library/rust:1.95.0-slim@sha256:library/rust-1.95.0-slim",
    });
    expect((await plan({}, [], { ...rustc, host: "aarch64-unknown-linux-gnu" })).platform).toBe(
      "linux/arm64",
    );
  });

  test("is the image that is set, as it is if it has a digest", async () => {
    const digest = `sha256:${"0a".repeat(32)}`;
    expect(await pinned({ baseImage: `Localhost:5000/x@${digest}`.toLowerCase() })).toMatchObject({
      reference: `localhost:5000/x@${digest}`,
    });
    expect(await pinned({ baseImage: "ann/rust:1" })).toMatchObject({
      reference: "docker.io/ann/rust:1@sha256:ann/rust-1",
    });
  });

  test("is a stage that tells what is in it, for an image that no digest leads to", async () => {
    const base = await pinBase(await plan({ baseImage: "mine:1" }), [], async () => TAG_ALONE);
    expect(base.kind).toBe("stage");
    expect(withoutContents(base)).toBe("FROM --platform=linux/amd64 docker.io/library/mine:1\n");
  });

  test("gets packages, components and targets in steps of its own, after lines that are set", async () => {
    const settings = {
      ...{
        baseImage: "rust:1",
        baseImageInline: "ENV A=1\nRUN echo $A\n",
        components: ["rust-src", "clippy"],
      },
      ...{ addApt: ["zlib1g-dev", "libssl-dev:arm64"], addAptGet: ["mold=1.10*"], addApk: ["musl-dev"] },
    };
    const base = await pinned(settings, ["x86_64-unknown-linux-gnu", "wasm32-unknown-unknown"]);
    expect(withoutContents(base)).toMatchInlineSnapshot(`
      "FROM --platform=linux/amd64 docker.io/library/rust:1@sha256:library/rust-1
      ENV A=1
      RUN echo $A
      RUN apt update && DEBIAN_FRONTEND=noninteractive apt install --yes --no-install-recommends libssl-dev:arm64 zlib1g-dev && rm -rf /var/lib/apt/lists/*
      RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends 'mold=1.10*' && rm -rf /var/lib/apt/lists/*
      RUN apk add --no-cache musl-dev
      RUN rustup component add clippy rust-src
      RUN rustup target add wasm32-unknown-unknown
      "
    `);
  });

  test("is what the lines make that start from an image themselves, each image being pinned", async () => {
    const baseImageInline =
      "# syntax=docker/dockerfile:1\nFROM rust:1 AS a\nFROM ghcr.io/x/y\nCOPY --from=a /a /\n";
    const base = await pinned({ baseImageInline, baseImage: "unused:1", components: ["clippy"] });
    expect(base).toMatchObject({ kind: "stage", platform: "linux/amd64" });
    expect(withoutContents(base)).toBe(
      "# syntax=docker/dockerfile:1\nFROM docker.io/library/rust:1@sha256:library/rust-1 AS a\n" +
        "FROM ghcr.io/x/y:latest@sha256:x/y-latest\nCOPY --from=a /a /\nRUN rustup component add clippy\n",
    );
  });

  test.each([
    ["an option among packages", { addApt: ["--allow-downgrades"] }, rustc, "config", "add.apt"],
    ["a command among components", { components: ["a; b"] }, rustc, "config", "components"],
    ["an image that is none", { baseImage: "Rust Image" }, rustc, "config", "no name of an image"],
    ["a nightly", {}, { ...rustc, release: "1.97.0-nightly" }, "environment", "1.97.0-nightly"],
    ["a host without images", {}, { ...rustc, host: "sparc64-unknown-linux-gnu" }, "environment", "sparc64"],
  ])("is refused for %s", async (_, settings, own, code, says) => {
    await expect(plan(settings, [], own)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says),
    });
  });
});

describe("an image is looked for", () => {
  const asked: string[] = [];
  const having =
    (...hosts: readonly string[]) =>
    async ({ host, repository }: ImageReference) => {
      asked.push(`${host}/${repository}`);
      if (host === "broken.example") throw new GreenError("unreachable", "it is");
      return hosts.includes(host) ? "sha256:1" : undefined;
    };
  const MIRRORS = ["broken.example", "mirror.example/docker/"];

  test("at mirrors first, if it is of Docker Hub, and is then called as it was found", async () => {
    const base = await pinBase(await plan(), MIRRORS, having("mirror.example", "docker.io"));
    expect(base).toMatchObject({ reference: "mirror.example/docker/library/rust:1.95.0-slim@sha256:1" });
    expect(asked.splice(0)).toEqual(["broken.example/library/rust", "mirror.example/docker/library/rust"]);
    await pinBase(await plan({ baseImage: "ghcr.io/a/b" }), MIRRORS, having("ghcr.io"));
    expect(asked.splice(0)).toEqual(["ghcr.io/a/b"]);
  });

  test("in vain", async () => {
    await expect(pinBase(await plan(), MIRRORS, having())).rejects.toMatchObject({ code: "not-found" });
    const broken = await plan({ baseImage: "broken.example/a" });
    await expect(pinBase(broken, [], having())).rejects.toMatchObject({ code: "unreachable" });
  });
});

describe("the rustc of a base", () => {
  const local = { ...rustc, commit: "59807616e1fa" };
  const answer = (text: string, status = 0) => ({ status, stdout: Buffer.from(text) });
  const VERSION =
    "rustc 1.95.0\ncommit-hash: 59807616e1fa\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\n";

  test("is the local one, or both are named, and both ways out", () => {
    expect(() => checkRustc(local, answer(VERSION))).not.toThrow();
    expect(() => checkRustc(local, answer(VERSION.replaceAll("1.95.0", "1.94.1")))).toThrow(
      expect.objectContaining({
        code: "config",
        message: expect.stringMatching(/1\.94\.1 .*1\.95\.0 /),
        hint: expect.stringMatching(/base-image.*1\.95\.0.*rustup override set 1\.94\.1/),
      }),
    );
    expect(() => checkRustc(local, answer(VERSION.replace("59807", "11111")))).toThrow(
      "(111116616".slice(0, 4),
    );
    expect(() => checkRustc(local, answer("", 127))).toThrow("has no rustc");
  });
});
