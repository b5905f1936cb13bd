// SPDX-License-Identifier: MIT OR Apache-2.0

import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openRemote, type RemoteSettings } from "../../src/remote/open-remote.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";
import { listed, pushImage } from "../support/remote-content.ts";

vi.setConfig({ testTimeout: 30_000 });

const UNSAID: Omit<RemoteSettings, "url"> = {
  ...{ insecure: false, ca: undefined, clientCert: undefined, clientKey: undefined, mirrors: [] },
};

const open = (url: string, more: Partial<RemoteSettings> = {}, env: NodeJS.ProcessEnv = {}, cwd = "/") =>
  openRemote("team", { url, ...UNSAID, ...more }, { env, cwd });

describe("an address is opened as what it is:", () => {
  test("a layout, whose path counts from where it is asked for", async () => {
    const cwd = temporaryDirectory();
    for (const url of ["oci-layout:out", "oci-layout:out.tar"]) {
      const remote = await open(url, {}, {}, cwd);
      await pushImage(remote, "image", "a");
      await remote.close();
      const again = await open(`oci-layout:${join(cwd, url.slice("oci-layout:".length))}`);
      expect(await listed(again.tags())).toEqual(["a"]);
      expect([again.name, again.url]).toEqual(["team", `oci-layout:${join(cwd, url.slice(11))}`]);
      await again.close();
    }
  });

  test("a registry, with what docker login left", async () => {
    const { host, heard } = await listening({ "www-authenticate": 'Basic realm="r"' });
    const home = temporaryDirectory();
    mkdirSync(join(home, ".docker"));
    const auth = Buffer.from("ann:hunter2").toString("base64");
    writeFileSync(join(home, ".docker/config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
    const remote = await open(`oci://${host}/a/b`, {}, { HOME: home });
    await expect(remote.manifest("latest")).rejects.toMatchObject({ code: "denied", side: "team" });
    expect(heard.map(({ path }) => path)).toContain("/v2/a/b/manifests/latest");
    expect(heard.map(({ headers }) => headers.authorization)).toContain(`Basic ${auth}`);
    expect(heard[0]?.headers["user-agent"]).toMatch(/^cargo-green\/\d/);
    await remote.close();
  });

  test("a bucket, with the credentials and the region of the environment", async () => {
    const { host, heard } = await listening({});
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "hunter2");
    onTestFinished(() => void vi.unstubAllEnvs());
    const remote = await open(`s3://bucket/p?endpoint=http://${host}`, {}, { AWS_REGION: "eu-central-1" });
    await expect(remote.manifest("latest")).rejects.toMatchObject({ code: "denied", side: "team" });
    expect(heard[0]?.path).toMatch(/^\/bucket\/p\/v2\/cache\/manifests\/latest/);
    expect(heard[0]?.headers.authorization).toContain("AKIDEXAMPLE/");
    expect(heard[0]?.headers.authorization).toContain("/eu-central-1/s3/");
    await remote.close();
  });
});

describe("settings that do not fit are refused:", () => {
  test.each([
    ["no address", "http://x", {}, "usage", /is no address of a remote/],
    ["mirrors of a bucket", "s3://bucket", { mirrors: ["oci://a/b"] }, "config", /only those have mirrors/],
    ["no TLS elsewhere", "s3://bucket?endpoint=http://s3.example", {}, "config", /without TLS/],
    [
      "a file that is not there",
      "oci://h.example/a",
      { ca: "/nowhere" },
      "config",
      /Its `ca` cannot be read/,
    ],
    ["half a certificate", "s3://bucket", { clientKey: import.meta.filename }, "config", /only one is set/],
  ])("%s", async (_, url, more, code, message) => {
    await expect(open(url, more)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("but plain HTTP where somebody asked for it", async () => {
    const remote = await open("s3://bucket?endpoint=http://s3.example", { insecure: true });
    expect(remote.url).toContain("s3.example");
    await remote.close();
  });
});

/** Lets nobody in, and remembers what was asked. */
async function listening(headers: Readonly<Record<string, string>>) {
  const heard: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    heard.push({ path: request.url ?? "", headers: request.headers });
    response
      .writeHead(request.url === "/v2/" || headers["www-authenticate"] !== undefined ? 401 : 403, headers)
      .end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}
