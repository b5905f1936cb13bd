// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { pushUnits } from "../../src/broker/share/push-units.ts";
import { parseAddress } from "../../src/remote/address.ts";
import { unitTag } from "../../src/remote/format/tag.ts";
import { LayoutArchive } from "../../src/remote/layout/layout-archive.ts";
import { LayoutDirectory } from "../../src/remote/layout/layout-directory.ts";
import {
  OCI_IMAGE_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
  PACK_ARTIFACT,
  PACK_CONFIG,
} from "../../src/remote/media-types.ts";
import { openRegistry } from "../../src/remote/registry/open-registry.ts";
import type { Remote } from "../../src/remote/remote.ts";
import { S3Remote } from "../../src/remote/s3/s3-remote.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { describeWithEngines } from "../support/engines.ts";
import { temporaryStore } from "../support/filled-remote.ts";
import { start } from "../support/process.ts";
import { blobOf, indexOf, manifestOf, randomBlob } from "../support/remote-content.ts";
import { describeWith } from "../support/services/needs.ts";
import { program } from "../support/services/program.ts";
import { type Registry, type S3Server, startRegistry, startS3 } from "../support/services.ts";
import { packed, type SharedUnit, storeUnit } from "../support/shared-units.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const execute = promisify(execFile);

async function run(name: "oras" | "skopeo" | "crane", ...args: readonly string[]): Promise<string> {
  const home = temporaryDirectory();
  const env = { PATH: process.env["PATH"], HOME: home, DOCKER_CONFIG: home, XDG_RUNTIME_DIR: home };
  const { stdout } = await execute(program(name), args, { env, maxBuffer: 1e8 });
  return stdout;
}

/** An image, an artifact and an index of both; gives the digests. */
async function fill(remote: Remote) {
  const layer = randomBlob(100_000);
  const config = blobOf(
    JSON.stringify({
      ...{ architecture: "amd64", os: "linux", config: {} },
      rootfs: { type: "layers", diff_ids: [layer.descriptor.digest] },
    }),
    OCI_IMAGE_CONFIG,
  );
  const packConfig = blobOf("records", PACK_CONFIG);
  for (const blob of [layer, config, packConfig]) await remote.pushBlob(blob);
  const plainLayer = { ...layer.descriptor, mediaType: "application/vnd.oci.image.layer.v1.tar" };
  const image = await remote.pushManifest({ ...manifestOf(config.descriptor, [plainLayer]), tag: "image" });
  const document = {
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: PACK_ARTIFACT },
    ...{ config: packConfig.descriptor, layers: [layer.descriptor] },
  };
  const bytes = Buffer.from(JSON.stringify(document));
  const pack = await remote.pushManifest({ mediaType: OCI_MANIFEST, bytes, tag: "pack" });
  const index = await remote.pushManifest({ ...indexOf([image, pack]), tag: "index" });
  return { image: image.digest, pack: pack.digest, index: index.digest };
}

const layout = (path: string) => `oci-layout:${path}`;

describeWith(["oras", "skopeo", "crane"], "others read and write layouts:", () => {
  test.each(["image", "pack", "index"] as const)("oras and skopeo copy a directory's %s", async (tag) => {
    const root = join(temporaryDirectory(), "layout");
    const digests = await fill(new LayoutDirectory("disk", layout(root), root));
    const copy = join(temporaryDirectory(), "copy");
    await run("oras", "cp", "--from-oci-layout", `${root}:${tag}`, "--to-oci-layout", `${copy}:copied`);
    const copied = new LayoutDirectory("copy", layout(copy), copy);
    expect((await copied.manifest("copied"))?.descriptor.digest).toBe(digests[tag]);
    expect(await copied.manifest(digests.image)).toEqual(
      tag === "pack" ? undefined : expect.objectContaining({ bytes: expect.anything() }),
    );

    // skopeo 1.9 reads an index from a layout, but writes another one.
    if (tag === "index") return;
    const again = join(temporaryDirectory(), "again");
    await run(
      "skopeo",
      "--insecure-policy",
      "copy",
      "--preserve-digests",
      "--all",
      `oci:${root}:${tag}`,
      `oci:${again}:copied`,
    );
    const other = new LayoutDirectory("again", layout(again), again);
    expect((await other.manifest("copied"))?.descriptor.digest).toBe(digests[tag]);
  });

  test("oras and skopeo copy from a tar file, and we read one of skopeo's", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "layout.tar");
    const remote = new LayoutArchive("file", layout(path), path);
    const { image, pack } = await fill(remote);
    await remote.close();
    const copy = join(directory, "copy");
    await run("oras", "cp", "--from-oci-layout", `${path}:pack`, "--to-oci-layout", `${copy}:copied`);
    const copied = new LayoutDirectory("copy", layout(copy), copy);
    expect((await copied.manifest("copied"))?.descriptor.digest).toBe(pack);

    const theirs = join(directory, "skopeo.tar");
    await run(
      "skopeo",
      "--insecure-policy",
      "copy",
      "--preserve-digests",
      `oci-archive:${path}:image`,
      `oci-archive:${theirs}:copied`,
    );
    const archive = new LayoutArchive("theirs", layout(theirs), theirs);
    onTestFinished(() => archive.close());
    expect((await archive.manifest("copied"))?.descriptor.digest).toBe(image);
  });

  test("what they write can be added to and removed from", async () => {
    const root = join(temporaryDirectory(), "layout");
    const source = join(temporaryDirectory(), "layout");
    const { index, pack } = await fill(new LayoutDirectory("disk", layout(source), source));
    await run(
      "oras",
      "cp",
      "-r",
      "--from-oci-layout",
      `${source}:index`,
      "--to-oci-layout",
      `${root}:theirs`,
    );
    const remote = new LayoutDirectory("disk", layout(root), root);
    await fill(remote);
    await remote.removeManifest(index);
    const tags = await run("oras", "repo", "tags", "--oci-layout", root);
    expect(tags.trim().split("\n").sort()).toEqual(["image", "index", "pack"]);
    expect(await run("oras", "manifest", "fetch", "--oci-layout", `${root}:pack`)).toContain(PACK_ARTIFACT);
    expect(pack).toMatch(/^sha256:/);
    expect(await run("skopeo", "inspect", "--raw", `oci:${root}:index`)).toContain(OCI_INDEX);
  });
});

/** The objects of a bucket as files: their bytes, type and length, and nothing else. */
async function serveStatically(server: S3Server, prefix: string): Promise<string> {
  const { endpoint, region, credentials } = server;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const front = createServer(async ({ url = "", method = "" }, response) => {
    const key = prefix + decodeURIComponent(new URL(url, "http://front").pathname);
    try {
      const command = new GetObjectCommand({ Bucket: server.bucket, Key: key });
      const { Body: body, ContentLength: length, ContentType: type } = await client.send(command);
      response.writeHead(200, { "content-length": length, "content-type": type });
      response.end(method === "HEAD" ? undefined : await body?.transformToByteArray());
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    front.closeAllConnections();
    front.close();
    client.destroy();
  });
  return `127.0.0.1:${(front.address() as AddressInfo).port}`;
}

describeWith(["oras", "skopeo", "crane", "versitygw"], "a bucket that is served as it is", () => {
  test("answers pulls of crane, oras and skopeo", async () => {
    const server = await startS3();
    onTestFinished(() => server.close());
    const address = parseAddress(`s3://${server.bucket}/some/place?endpoint=${server.endpoint}`, {
      directory: "/",
    });
    if (address.kind !== "s3") throw new Error("no bucket");
    const remote = new S3Remote("bucket", address, { env: {}, credentials: server.credentials });
    onTestFinished(() => remote.close());
    const digests = await fill(remote);
    const repository = `${await serveStatically(server, "some/place")}/cache`;

    for (const tag of ["image", "pack", "index"] as const) {
      const root = join(temporaryDirectory(), "layout");
      const destination = ["--to-oci-layout", `${root}:copied`];
      // oras wants a header with the digest for a tag, which not every server can be made to send.
      await run("oras", "cp", "--from-plain-http", `${repository}@${digests[tag]}`, ...destination);
      const copied = new LayoutDirectory("copy", layout(root), root);
      expect((await copied.manifest("copied"))?.descriptor.digest).toBe(digests[tag]);
      expect((await run("crane", "digest", "--insecure", `${repository}:${tag}`)).trim()).toBe(digests[tag]);
    }
    const root = join(temporaryDirectory(), "layout");
    await run("crane", "pull", "--insecure", "--format", "oci", `${repository}:image`, root);
    const pulled = new LayoutDirectory("pulled", layout(root), root);
    expect(await pulled.manifest(digests.image)).toBeDefined();
    const again = join(temporaryDirectory(), "again");
    await run(
      ...([
        "skopeo",
        "--insecure-policy",
        "copy",
        "--preserve-digests",
        "--all",
        "--src-tls-verify=false",
      ] as const),
      ...[`docker://${repository}:index`, `oci:${again}:copied`],
    );
    const other = new LayoutDirectory("again", layout(again), again);
    expect((await other.manifest("copied"))?.descriptor.digest).toBe(digests.index);
  });
});

describeWithEngines(["docker", "buildkit", "podman"], "images of units", ({ docker, buildkit, podman }) => {
  let registry: Registry;
  let directory: string;

  beforeAll(async () => {
    registry = await startRegistry({ version: "v3" });
  });
  afterAll(() => registry?.close());
  beforeEach(() => {
    directory = temporaryDirectory();
  });

  /** Pushes units, and returns the references of their images. */
  async function pushed(...units: readonly SharedUnit[]): Promise<readonly string[]> {
    const store = temporaryStore();
    const repository = `${registry.host}/team/cache`;
    const remote = await openRegistry({
      ...{ name: "team", url: `oci://${repository}`, env: {}, userAgent: "test" },
      credentials: async () => undefined,
    });
    onTestFinished(() => remote.close());
    const records = await Promise.all(units.map((unit) => storeUnit(store, unit)));
    await pushUnits(packed(records), remote, store);
    return records.map(({ identity, key }) => `${repository}:${unitTag(identity, key)}`);
  }

  async function must(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
    const ended = await start(argv, {
      cwd: directory,
      env: { PATH: process.env["PATH"] ?? "", HOME: directory, ...env },
    }).ended;
    if (ended.status !== 0) throw new Error(`${argv.join(" ")}: ${ended.stderr}`);
  }

  /** With a file, with none, and of a platform that is not the engine's. */
  const UNITS: readonly SharedUnit[] = [
    { identity: { package: "serde" }, content: "serde's bytes" },
    { identity: { package: "cfg-if" }, content: "" },
    { identity: { package: "libc", triple: "wasm32-unknown-unknown" }, content: "libc's bytes" },
  ];

  test("are pulled by docker and podman", async () => {
    for (const reference of await pushed(...UNITS)) {
      await must([docker.program, "pull", "--quiet", reference], { DOCKER_HOST: docker.host });
      await must([podman.program, "pull", "--quiet", "--tls-verify=false", reference]);
    }
  });

  test.each([
    ["docker", [docker.program, "buildx", "build", "--output", "out", "."], { DOCKER_HOST: docker.host }],
    [
      "BuildKit's daemon",
      [
        ...[buildkit.program, "--addr", buildkit.host, "build", "--frontend", "dockerfile.v0"],
        ...["--local", "context=.", "--local", "dockerfile=.", "--output", "type=local,dest=out"],
      ],
      {},
    ],
    ["podman", [podman.program, "build", "--tls-verify=false", "--output", "out", "."], {}],
  ])("are copied from in a build of %s", async (_, build, env) => {
    const lines = (await pushed(...UNITS)).map((reference) => `COPY --from=${reference} /target /target`);
    writeFileSync(join(directory, "Dockerfile"), ["FROM scratch", ...lines].join("\n"));
    await must(build, env);
    const deps = join(directory, "out", "target", "release", "deps");
    const files = readdirSync(deps).map((name) => [name, readFileSync(join(deps, name), "utf8")]);
    expect(Object.fromEntries(files)).toEqual({
      "libserde-0123.rlib": "serde's bytes",
      "liblibc-0123.rlib": "libc's bytes",
    });
    expect(readdirSync(join(directory, "out"))).toEqual(["target"]);
  });
});
