// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { readCrossTarget } from "../../../src/containerfile/base/cross-config.ts";
import { planCrossBase } from "../../../src/containerfile/base/plan-cross-base.ts";
import { withoutContents } from "./without-contents.ts";

const ARM = "aarch64-unknown-linux-gnu";
const rustc = { release: "1.95.0", host: "x86_64-unknown-linux-gnu" };
const NOTHING = { addApt: [], addAptGet: [], addApk: [], components: [], targets: [] };
const read = (text: string, triple = ARM) => readCrossTarget(text, "/w/Cross.toml", triple);

const CROSS = `
[build]
pre-build = ["all"]
[build.env]
passthrough = ["A", "B=of all"]
[target.${ARM}]
image = "ann/image:1"
pre-build = ["dpkg --add-architecture $CROSS_DEB_ARCH", "apt-get update && apt-get install -y 'libssl-dev:arm64'"]
[target.${ARM}.env]
passthrough = ["C", "B=x=y"]
[target.armv7-unknown-linux-gnueabihf]
image.name = ":edge"
pre-build = "./script.sh"
`;

describe("a Cross.toml", () => {
  test("says of a target what stands in its table, and in that of all", async () => {
    expect(await read(CROSS)).toEqual({
      ...{ triple: ARM, image: "ann/image:1", passthrough: ["A", "C"], env: new Map([["B", "x=y"]]) },
      preBuild: { commands: [expect.stringContaining("dpkg"), expect.stringContaining("libssl-dev")] },
    });
    expect(await read(CROSS, "armv7-unknown-linux-gnueabihf")).toMatchObject({
      image: "ghcr.io/cross-rs/armv7-unknown-linux-gnueabihf:edge",
      preBuild: { script: "./script.sh" },
    });
    expect(await read(CROSS, "x")).toMatchObject({ image: undefined, preBuild: { commands: ["all"] } });
    expect(await read(`[target.x]\nimage = "-centos"`, "x")).toMatchObject({
      image: "ghcr.io/cross-rs/x:main-centos",
    });
    expect(await read("[build]\nzig = true")).toBeUndefined();
  });

  test.each([
    ["a = ", "is no TOML"],
    [`target = 1`, "target is not a table"],
    [`[build.env]\npassthrough = "A"`, "passthrough is not a list of texts"],
    [`[target.${ARM}]\nimage = 1`, "image is not a text"],
    [`[build]\npre-build = [1]`, "pre-build is not a list of texts"],
  ])("that is wrong is told: %j", async (text, says) => {
    await expect(read(text)).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining(says),
    });
  });

  test("makes a base of its image, the official toolchain and what its commands do", async () => {
    const target = await read(CROSS);
    if (target === undefined) throw new Error("nothing");
    const plan = await planCrossBase(target, rustc, undefined, { ...NOTHING, addApt: ["mold"] });
    expect(plan.images).toEqual(["docker.io/library/rust:1.95.0-slim", "docker.io/ann/image:1"]);
    const base = plan.base((image) => image);
    expect(withoutContents(base)).toMatchInlineSnapshot(`
      "FROM --platform=linux/amd64 docker.io/library/rust:1.95.0-slim AS toolchain
      RUN [ -d "$(rustc --print sysroot)/lib/rustlib/aarch64-unknown-linux-gnu/lib" ] || rustup target add aarch64-unknown-linux-gnu
      FROM --platform=linux/amd64 docker.io/ann/image:1
      COPY --from=toolchain /usr/local/cargo /usr/local/cargo
      COPY --from=toolchain /usr/local/rustup /usr/local/rustup
      ENV CARGO_HOME=/usr/local/cargo
      ENV RUSTUP_HOME=/usr/local/rustup
      ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
      ENV CROSS_DEB_ARCH=arm64
      RUN ["/bin/sh", \\
          "-c", \\
          "dpkg --add-architecture $CROSS_DEB_ARCH\\napt-get update && apt-get install -y 'libssl-dev:arm64'"]
      RUN apt update && DEBIAN_FRONTEND=noninteractive apt install --yes --no-install-recommends mold && rm -rf /var/lib/apt/lists/*
      "
    `);
  });

  test("runs a script for a target that has one", async () => {
    const target = await read(CROSS, "armv7-unknown-linux-gnueabihf");
    if (target === undefined) throw new Error("nothing");
    const base = (await planCrossBase(target, rustc, "#!/bin/sh\necho $1", NOTHING)).base((image) => image);
    expect(base).toMatchObject({ containerfile: expect.stringContaining('"#!/bin/sh\\necho $1", \\\n') });
    expect(base).toMatchObject({ containerfile: expect.stringContaining("CROSS_DEB_ARCH=armhf") });
  });
});
