// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ProgramName } from "../../hack/services.d/programs.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { until } from "../support/process.ts";
import { type Clients, clientsFor } from "../support/services/clients.ts";
import { REGISTRY_CREDENTIALS } from "../support/services/credentials.ts";
import { describeWith } from "../support/services/needs.ts";
import { signedS3Request } from "../support/services/s3-request.ts";
import {
  type Registry,
  type S3Server,
  startCraneRegistry,
  startRegistry,
  startS3,
} from "../support/services.ts";

const CLIENTS: readonly ProgramName[] = ["oras", "skopeo", "crane", "regctl"];

const REGISTRIES: readonly (readonly [title: string, server: ProgramName, start: () => Promise<Registry>])[] =
  [
    ["distribution 2.8", "docker-registry", () => startRegistry({ version: "2.8" })],
    ["distribution 2.8, Basic", "docker-registry", () => startRegistry({ version: "2.8", auth: "basic" })],
    [
      "distribution 2.8, tokens, TLS",
      "docker-registry",
      () => startRegistry({ version: "2.8", auth: "token", tls: true }),
    ],
    ["distribution 3", "registry", () => startRegistry({ version: "v3" })],
    [
      "distribution 3, Basic, TLS",
      "registry",
      () => startRegistry({ version: "v3", auth: "basic", tls: true }),
    ],
    ["distribution 3, tokens", "registry", () => startRegistry({ version: "v3", auth: "token" })],
    ["crane's registry", "crane", () => startCraneRegistry()],
  ];

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "green-services-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

for (const [title, server, start] of REGISTRIES) {
  describeWith([server, ...CLIENTS], title, () => {
    let registry: Registry;
    let clients: Clients;

    beforeAll(async () => {
      registry = await start();
    });
    afterAll(() => registry?.close());
    beforeEach(() => {
      clients = clientsFor(registry, directory);
    });

    test("gives back to oras, crane and regctl what oras pushed", async () => {
      const artifact = `${registry.host}/artifacts/one:1`;
      writeFileSync(join(directory, "file"), "content");
      await clients.run(
        "oras",
        "push",
        "--artifact-type",
        "application/vnd.test",
        artifact,
        "file:text/plain",
      );
      mkdirSync(join(directory, "out"));
      await clients.run("oras", "pull", "--output", "out", artifact);
      expect(readFileSync(join(directory, "out", "file"), "utf8")).toBe("content");
      const manifest = JSON.parse(await clients.run("crane", "manifest", artifact));
      expect(manifest).toMatchObject({ artifactType: "application/vnd.test", layers: [{ size: 7 }] });
      await clients.run("regctl", "image", "copy", artifact, `${registry.host}/artifacts/two:1`);
      const digests = [
        await clients.run("crane", "digest", artifact),
        await clients.run("regctl", "image", "digest", `${registry.host}/artifacts/two:1`),
      ];
      expect(new Set(digests.map((digest) => digest.trim())).size).toBe(1);
    });

    test("gives back to skopeo the image that crane made", async () => {
      const image = `${registry.host}/images/one:1`;
      writeFileSync(join(directory, "hello"), "hello");
      execFileSync("tar", ["-cf", "layer.tar", "hello"], { cwd: directory });
      await clients.run("crane", "append", "--oci-empty-base", "-f", "layer.tar", "-t", image);
      await clients.run("skopeo", "copy", `docker://${image}`, "oci:layout:1");
      const copy = `${registry.host}/images/copy:1`;
      await clients.run("skopeo", "copy", "oci:layout:1", `docker://${copy}`);
      expect(await clients.run("crane", "digest", copy)).toBe(await clients.run("crane", "digest", image));
      expect((await clients.run("regctl", "tag", "ls", `${registry.host}/images/copy`)).trim()).toBe("1");
    });

    test("lets nobody in without the credentials that it asks for", async () => {
      const wrong = { username: REGISTRY_CREDENTIALS.username, password: "wrong" };
      for (const credentials of [undefined, wrong]) {
        const stranger = clientsFor({ ...registry, credentials }, directory);
        const { status, stderr } = await stranger.attempt(
          "oras",
          "repo",
          "tags",
          `${registry.host}/images/one`,
        );
        if (registry.credentials === undefined) expect(status).toBe(0);
        else expect(stderr).toMatch(/401|403|unauthorized|denied|basic credential not found/i);
      }
    });

    test("writes the lines of requests to its log, and is gone when it is closed", async () => {
      const own = await start();
      await clientsFor(own, directory).attempt("crane", "catalog", own.host);
      const { pid, log, data } = own;
      expect(existsSync(data)).toBe(true);
      await until("the request is logged", () => /GET \/v2\//.test(readFileSync(log, "utf8")));
      await own.close();
      expect(existsSync(`/proc/${pid}`)).toBe(false);
      expect(existsSync(data)).toBe(false);
    });
  });
}

describeWith(["crane"], "a server", () => {
  test("goes, and its directory too, when the process that started it is killed", async () => {
    const script = `import { startCraneRegistry } from "${join(import.meta.dirname, "../support/services.ts")}";
      const { pid, data } = await startCraneRegistry();
      console.log(JSON.stringify({ pid, data }));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(child.stdout, "data");
    const { pid, data } = JSON.parse(String(line)) as { readonly pid: number; readonly data: string };
    expect([existsSync(`/proc/${pid}`), existsSync(data)]).toEqual([true, true]);
    child.kill("SIGKILL");
    await until("it has gone", () => !existsSync(`/proc/${pid}`) && !existsSync(data));
  });
});

describeWith(["docker-registry", "registry", "crane"], "deleting", () => {
  test.each(["2.8", "v3"] as const)("is done by %s, or refused", async (version) => {
    for (const allowed of [true, false]) {
      const registry = await startRegistry({ version, delete: allowed });
      const clients = clientsFor(registry, directory);
      const image = `${registry.host}/images/one`;
      writeFileSync(join(directory, "hello"), "hello");
      execFileSync("tar", ["-cf", "layer.tar", "hello"], { cwd: directory });
      await clients.run("crane", "append", "--oci-empty-base", "-f", "layer.tar", "-t", `${image}:1`);
      const digest = (await clients.run("crane", "digest", `${image}:1`)).trim();
      const response = await fetch(`${registry.url}/v2/images/one/manifests/${digest}`, { method: "DELETE" });
      expect(response.status).toBe(allowed ? 202 : 405);
      await registry.close();
    }
  });
});

describeWith(["docker-registry", "registry", "oras"], "tokens", () => {
  test.each(["2.8", "v3"] as const)("that have expired are refused by %s", async (version) => {
    const registry = await startRegistry({ version, auth: "token" });
    const { tokens, credentials } = registry;
    if (tokens === undefined || credentials === undefined) throw new Error("The registry asks for nothing");
    const response = await fetch(`${registry.url}/v2/`);
    expect(response.status).toBe(401);
    const challenge = response.headers.get("www-authenticate") ?? "";
    expect(challenge).toContain(`realm="${tokens.realm}"`);
    const service = /service="([^"]*)"/.exec(challenge)?.[1] ?? "";
    const basic = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
    const query = new URLSearchParams({ service, scope: "repository:some/where:pull" });
    const list = async () => {
      const issued = await fetch(`${tokens.realm}?${query}`, {
        headers: { authorization: `Basic ${basic}` },
      });
      const { token } = (await issued.json()) as { readonly token: string };
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${registry.url}/v2/some/where/tags/list`, { headers })).status;
    };
    expect(await list()).toBe(404);
    tokens.expireIn(-1);
    expect(await list()).toBe(401);
    expect(tokens.requests.map(({ status }) => status)).toEqual([200, 200]);
    await registry.close();
  });

  test("are given for pulling to everybody where that is wanted", async () => {
    const registry = await startRegistry({ version: "v3", auth: "token", anonymousPull: true });
    writeFileSync(join(directory, "file"), "content");
    const artifact = `${registry.host}/artifacts/one:1`;
    const known = clientsFor(registry, directory);
    await known.run("oras", "push", artifact, "file:text/plain");
    const stranger = clientsFor({ ...registry, credentials: undefined }, directory);
    await stranger.run("oras", "manifest", "fetch", artifact);
    expect((await stranger.attempt("oras", "push", artifact, "file:text/plain")).status).not.toBe(0);
    await registry.close();
  });
});

describeWith(["registry", "oras"], "a registry behind the fault proxy", () => {
  let registry: Registry;
  let proxy: FaultProxy;
  let clients: Clients;

  beforeEach(async () => {
    registry = await startRegistry({ version: "v3", auth: "token", tls: true });
    proxy = await startFaultProxy({
      upstream: registry.url,
      upstreamCa: registry.ca,
      recordBodies: true,
    });
    clients = clientsFor({ ...registry, url: proxy.url, host: proxy.host }, directory);
  });
  afterEach(async () => {
    await proxy.close();
    await registry.close();
  });

  test("gets everything through it, and it shows what the registry received", async () => {
    writeFileSync(join(directory, "file"), "a needle in the content");
    await clients.run("oras", "push", `${proxy.host}/artifacts/one:1`, "file:text/plain");
    expect(proxy.received().includes("a needle in the content")).toBe(true);
    expect(proxy.requests.map(({ method }) => method)).toContain("PUT");
    const stored = readdirSync(registry.data, { recursive: true, encoding: "utf8" });
    expect(stored.some((path) => path.endsWith("artifacts/one/_manifests/tags/1/current/link"))).toBe(true);
  });

  test("is asked again by oras where the proxy says that it is busy", async () => {
    writeFileSync(join(directory, "file"), "content");
    proxy.inject(2, { kind: "status", status: 503, headers: { "retry-after": "0" } });
    await clients.run("oras", "push", `${proxy.host}/artifacts/one:1`, "file:text/plain");
    expect(proxy.requests[1]).toMatchObject({ status: 503 });
    expect(proxy.requests[2]?.path).toBe(proxy.requests[1]?.path);
  });

  test("does not serve what the proxy spoils", async () => {
    writeFileSync(join(directory, "file"), "content");
    await clients.run("oras", "push", `${proxy.host}/artifacts/one:1`, "file:text/plain");
    proxy.restart();
    const isBlob = ({ method, path }: { readonly method: string; readonly path: string }) =>
      method === "GET" && path.includes("/blobs/");
    proxy.inject(isBlob, { kind: "corrupt", in: "response" });
    const { status, stderr } = await clients.attempt("oras", "pull", `${proxy.host}/artifacts/one:1`);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/digest|mismatch/i);
  });
});

describeWith(["versitygw"], "the S3 server", () => {
  let s3: S3Server;

  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(() => s3?.close());

  test("keeps, lists and deletes objects", async () => {
    const object = `/${s3.bucket}/some/where/object`;
    expect((await signedS3Request(s3, "PUT", object, "content")).status).toBe(200);
    expect(await signedS3Request(s3, "GET", object)).toEqual({ status: 200, body: "content" });
    const list = await signedS3Request(s3, "GET", `/${s3.bucket}?list-type=2&prefix=some%2F`);
    expect(list.body).toContain("<Key>some/where/object</Key>");
    expect((await signedS3Request(s3, "DELETE", object)).status).toBe(204);
    expect((await signedS3Request(s3, "GET", object)).status).toBe(404);
  });

  test("lets nobody in without the right key", async () => {
    const credentials = { ...s3.credentials, secretAccessKey: "wrong" };
    expect((await signedS3Request({ ...s3, credentials }, "GET", `/${s3.bucket}`)).status).toBe(403);
    expect((await fetch(`${s3.endpoint}/${s3.bucket}/object`)).status).toBe(403);
  });

  test("takes signed requests through the fault proxy", async () => {
    const proxy = await startFaultProxy({ upstream: s3.endpoint });
    const through = { ...s3, endpoint: proxy.url };
    expect((await signedS3Request(through, "PUT", `/${s3.bucket}/object`, "content")).status).toBe(200);
    expect(proxy.requests).toMatchObject([{ method: "PUT", requestBytes: 7, status: 200 }]);
    await proxy.close();
  });

  test("writes requests to its log, and is gone when it is closed", async () => {
    const own = await startS3();
    await signedS3Request(own, "GET", `/${own.bucket}`);
    await until("the request is logged", () => readFileSync(own.log, "utf8").includes("s3_ListObjects"));
    await own.close();
    expect(existsSync(`/proc/${own.pid}`)).toBe(false);
    expect(existsSync(own.data)).toBe(false);
  });
});
