// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { parseContainerfile } from "../../src/containerfile/parse-containerfile.ts";
import { nameLastStage, renameImages } from "../../src/containerfile/parsed-containerfile.ts";

const TEXT = `# syntax=docker/dockerfile:1
# a comment
ARG VERSION=1
FROM --platform=linux/amd64 rust:1.95 \\
  # more
  AS Tools
FROM scratch AS empty
COPY --from=docker.io/library/alpine:3 --chown=1:1 /a /b
COPY --from=tools /a /b
COPY --from=0 /a /b
FROM tools
RUN <<EOF
FROM nothing
COPY --from=nothing:1 /a /b
EOF
FROM debian:$VERSION AS var
FROM rust:1.95
RUN a`;

test("images are found where they are named, and can be named otherwise", async () => {
  const parsed = await parseContainerfile(TEXT, "it");
  const names = parsed.images.map(({ start, end }) => parsed.text.slice(start, end));
  expect(names).toEqual(["rust:1.95", "docker.io/library/alpine:3", "rust:1.95"]);
  const renamed = renameImages(parsed, (image) => `${image}@sha256:1`);
  expect(renamed).toBe(
    TEXT.replaceAll("rust:1.95", "rust:1.95@sha256:1").replace("alpine:3", "alpine:3@sha256:1"),
  );
});

test("the last stage gets a name if it has none, and the text goes on without its directives", async () => {
  const unnamed = nameLastStage(await parseContainerfile(TEXT, "it"), "mine");
  expect(unnamed.name).toBe("mine");
  expect(unnamed.text).toBe(
    TEXT.replace(/^.*\n/, "").replace(/FROM rust:1\.95\nRUN/, "FROM rust:1.95 AS mine\nRUN"),
  );
  const named = nameLastStage(await parseContainerfile("from a as B\r\nRUN a\r\n", "it"), "mine");
  expect(named).toEqual({ name: "B", text: "from a as B\nRUN a\n" });
});

test.each(["", "RUN a", "# FROM a"])("%j starts from nothing", async (text) => {
  await expect(parseContainerfile(text, "It")).rejects.toThrow(
    expect.objectContaining({ code: "config", message: "It starts from no image" }),
  );
});
