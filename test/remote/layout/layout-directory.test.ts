// SPDX-License-Identifier: MIT OR Apache-2.0
import { fork } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { LayoutDirectory } from "../../../src/remote/layout/layout-directory.ts";
import { OCI_IMAGE_CONFIG, OCI_INDEX } from "../../../src/remote/media-types.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import {
  blobOf,
  collect,
  indexOf,
  listed,
  manifestOf,
  pushImage,
  randomBlob,
} from "../../support/remote-content.ts";
import { remoteContract } from "../contract.ts";

// Files are forced to the disk, which others may keep busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const open = (root: string) => new LayoutDirectory("disk", `oci-layout:${root}`, root);

remoteContract("a layout in a directory", async () => {
  const root = join(mkdtempSync(join(tmpdir(), "green-layout-")), "layout");
  const opened = [open(root)];
  const reopen = () => {
    const remote = open(root);
    opened.push(remote);
    return remote;
  };
  return {
    remote: opened[0] ?? reopen(),
    reopen: async () => reopen(),
    damage: async (digest) => {
      const path = join(root, "blobs/sha256", digest.slice("sha256:".length));
      const bytes = await readFile(path);
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      await rm(path);
      await writeFile(path, bytes);
    },
    close: async () => {
      for (const remote of opened) await remote.close();
      rmSync(join(root, ".."), { recursive: true });
    },
  };
});

const hex = ({ digest }: { readonly digest: string }) => digest.slice("sha256:".length);

function blobs(root: string): readonly string[] {
  return readdirSync(join(root, "blobs/sha256")).sort();
}

interface Json {
  readonly manifests: readonly { readonly digest: string; readonly annotations?: Record<string, string> }[];
}

function indexJson(root: string): Json {
  return JSON.parse(readFileSync(join(root, "index.json"), "utf8")) as Json;
}

test("what is written is a layout of the specification, the same whatever came first", async () => {
  const [one, two] = [temporaryDirectory(), temporaryDirectory()];
  for (const [root, order] of [
    [one, ["a", "b"]],
    [two, ["b", "a"]],
  ] as const) {
    const remote = open(root);
    for (const text of order) await pushImage(remote, text, `tag-${text}`);
    await remote.close();
  }
  expect(JSON.parse(readFileSync(join(one, "oci-layout"), "utf8"))).toEqual({ imageLayoutVersion: "1.0.0" });
  expect(indexJson(one)).toMatchObject({ schemaVersion: 2, mediaType: OCI_INDEX });
  expect(indexJson(one).manifests.map(({ annotations }) => annotations)).toEqual([
    { "org.opencontainers.image.ref.name": "tag-a" },
    { "org.opencontainers.image.ref.name": "tag-b" },
  ]);
  expect(readFileSync(join(two, "index.json"), "utf8")).toBe(readFileSync(join(one, "index.json"), "utf8"));
  expect(blobs(one)).toEqual(blobs(two));
});

test("a directory that holds other things is left alone", async () => {
  const root = temporaryDirectory();
  writeFileSync(join(root, "thesis.txt"), "");
  await expect(open(root).pushBlob(randomBlob(1))).rejects.toMatchObject({ code: "refused", side: "disk" });
  expect(readdirSync(root)).toEqual(["thesis.txt"]);
  writeFileSync(join(root, "oci-layout"), '{"imageLayoutVersion":"2.0.0"}');
  await expect(open(root).pushBlob(randomBlob(1))).rejects.toMatchObject({ code: "protocol" });
  writeFileSync(join(root, "index.json"), '{"manifests":[]}');
  await expect(open(root).manifest("a")).rejects.toMatchObject({ code: "protocol" });
});

test.skipIf(process.getuid?.() === 0)("a directory that may not be written to says so", async () => {
  const root = temporaryDirectory();
  await chmod(root, 0o500);
  await expect(open(root).pushBlob(randomBlob(1))).rejects.toMatchObject({ code: "denied", side: "disk" });
});

test("nothing is made by who only reads", async () => {
  const root = join(temporaryDirectory(), "layout");
  const remote = open(root);
  expect(await listed(remote.tags())).toEqual([]);
  await remote.removeManifest(randomBlob(1).descriptor.digest);
  await remote.close();
  expect(existsSync(root)).toBe(false);
});

test("a file that is there with the right size and other bytes is replaced", async () => {
  const root = temporaryDirectory();
  const remote = open(root);
  await pushImage(remote, "make it");
  const blob = randomBlob(1000);
  writeFileSync(join(root, "blobs/sha256", hex(blob.descriptor)), Buffer.alloc(1000));
  expect(await remote.hasBlob(blob.descriptor)).toBe(false);
  expect(await remote.pushBlob(blob)).toBe("sent");
  expect(Buffer.compare(await collect(remote.blob(blob.descriptor)), blob.bytes)).toBe(0);
});

test("a manifest is refused while a blob that it refers to is missing", async () => {
  const remote = open(temporaryDirectory());
  const config = blobOf("{}", OCI_IMAGE_CONFIG);
  const layer = randomBlob(10);
  await remote.pushBlob(config);
  const manifest = { ...manifestOf(config.descriptor, [layer.descriptor]), tag: "a" };
  await expect(remote.pushManifest(manifest)).rejects.toMatchObject({ code: "refused", retryable: true });
  expect(await listed(remote.tags())).toEqual([]);
  await remote.pushBlob(layer);
  await remote.pushManifest(manifest);
  expect(await listed(remote.tags())).toEqual(["a"]);
});

describe("what a removed manifest alone referred to", () => {
  test("goes, and what others share stays", async () => {
    const root = temporaryDirectory();
    const remote = open(root);
    const shared = blobOf("{}", OCI_IMAGE_CONFIG);
    const own = blobOf("own layer");
    const common = blobOf("common layer");
    await Promise.all([shared, own, common].map((blob) => remote.pushBlob(blob)));
    const gone = await remote.pushManifest(
      manifestOf(shared.descriptor, [own.descriptor, common.descriptor]),
    );
    const stays = await remote.pushManifest({
      ...manifestOf(shared.descriptor, [common.descriptor]),
      tag: "a",
    });
    await remote.removeManifest(gone.digest);
    expect(blobs(root)).toEqual([stays, shared.descriptor, common.descriptor].map(hex).sort());
    await remote.removeManifest(stays.digest);
    expect(blobs(root)).toEqual([]);
    expect(indexJson(root).manifests).toEqual([]);
  });

  test("stays where an index lists the manifest too", async () => {
    const root = temporaryDirectory();
    const remote = open(root);
    const image = await pushImage(remote, "image", "image");
    const { digest } = await remote.pushManifest({ ...indexOf([image]), tag: "index" });
    await remote.removeManifest(image.digest);
    expect((await remote.manifest(image.digest))?.descriptor.digest).toBe(image.digest);
    expect(blobs(root)).toHaveLength(4);
    await remote.removeManifest(digest);
    expect(await remote.manifest(image.digest)).toBeUndefined();
    expect(blobs(root)).toEqual([]);
  });

  test("stays if somebody else is about to refer to it, and garbage goes once it is old", async () => {
    const root = temporaryDirectory();
    const [remote, other] = [open(root), open(root)];
    const image = await pushImage(remote, "image");
    const orphan = randomBlob(5);
    await remote.pushBlob(orphan);
    const old = new Date(Date.now() - 1000);
    for (const name of blobs(root)) utimesSync(join(root, "blobs/sha256", name), old, old);
    expect(await other.pushBlob(blobOf("image"))).toBe("there");
    await remote.removeManifest(image.digest);
    expect(blobs(root)).toEqual([blobOf("image"), orphan].map(({ descriptor }) => hex(descriptor)).sort());

    const older = new Date(Date.now() - 2 * 60 * 60 * 1000);
    for (const name of blobs(root)) utimesSync(join(root, "blobs/sha256", name), older, older);
    await remote.removeManifest((await pushImage(remote, "another")).digest);
    expect(blobs(root)).toEqual([]);
  });

  test("stays if what else is there cannot be understood", async () => {
    const root = temporaryDirectory();
    const remote = open(root);
    const image = await pushImage(remote, "image");
    const index = indexJson(root);
    const foreign = { mediaType: "x/y", digest: `sha512:${"0".repeat(128)}`, size: 1, other: [1] };
    writeFileSync(
      join(root, "index.json"),
      JSON.stringify({ ...index, annotations: { a: "b" }, manifests: [...index.manifests, foreign] }),
    );
    await remote.removeManifest(image.digest);
    expect(indexJson(root)).toMatchObject({ annotations: { a: "b" }, manifests: [foreign] });
    expect(blobs(root)).toHaveLength(3);
  });
});

describe("an index.json that cannot be right is refused", () => {
  test.each([["{"], ["[]"], ['{"manifests":{}}'], ["null"]])("%s", async (text) => {
    const root = temporaryDirectory();
    writeFileSync(join(root, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    writeFileSync(join(root, "index.json"), text);
    await expect(open(root).manifest("a")).rejects.toMatchObject({ code: "corrupt", side: "disk" });
  });

  test("as is one that leads to a manifest of other bytes, none, or too many", async () => {
    const root = temporaryDirectory();
    await mkdir(join(root, "blobs/sha256"), { recursive: true });
    writeFileSync(join(root, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    const entry = (size: number) => ({
      ...{ mediaType: OCI_INDEX, digest: `sha256:${"0".repeat(64)}`, size },
      annotations: { "org.opencontainers.image.ref.name": "a" },
    });
    const failure = async (size: number) => {
      writeFileSync(join(root, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [entry(size)] }));
      return open(root)
        .manifest("a")
        .catch(({ code }: { readonly code: string }) => code);
    };
    expect(await failure(2)).toBe("not-found");
    writeFileSync(join(root, "blobs/sha256", "0".repeat(64)), "{}");
    expect(await failure(2)).toBe("corrupt");
    expect(await failure(5_000_000)).toBe("corrupt");
  });
});

test("processes that push at once all succeed, and one that is killed holds nobody up", async () => {
  const root = temporaryDirectory();
  const script = join(import.meta.dirname, "fixtures/push-images.ts");
  const start = (from: string, count: number) => fork(script, [root, from, String(count)], { execArgv: [] });
  const killed = start("killed", 300);
  const ended = await Promise.all(
    ["one", "two", "three"].map(
      (from) => new Promise((resolve) => start(from, 20).on("exit", (code) => resolve(code))),
    ),
  );
  expect(killed.exitCode).toBeNull();
  killed.kill("SIGKILL");
  expect(ended).toEqual([0, 0, 0]);
  const remote = open(root);
  const tags = (await listed(remote.tags())).filter((tag) => !tag.startsWith("killed"));
  expect(tags).toHaveLength(61);
  for (const tag of tags) expect(await remote.manifest(tag)).toBeDefined();
  await pushImage(remote, "after", "after");
}, 60_000);
