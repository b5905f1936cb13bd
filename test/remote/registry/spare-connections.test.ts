// SPDX-License-Identifier: MIT OR Apache-2.0
import { createServer, get as getHttp, Agent as HttpAgent } from "node:http";
import { createServer as createSecureServer, get as getHttps, Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { spareConnections } from "../../../src/remote/registry/spare-connections.ts";
import { type Certificates, makeCertificates } from "../../support/certificates.ts";
import { listenOnLoopback } from "../../support/services/listening.ts";

let certificates: Certificates;

beforeAll(() => {
  certificates = makeCertificates(["IP:127.0.0.1"]);
}, 60_000);

describe.each(["http", "https"] as const)("connections over %s that were opened ahead", (scheme) => {
  async function setting() {
    const isSecure = scheme === "https";
    const opened: Socket[] = [];
    const server = isSecure ? createSecureServer(certificates.server) : createServer();
    server.on("connection", (socket: Socket) => opened.push(socket));
    server.on("request", (_, response) => response.end("answer"));
    onTestFinished(() => void server.close());
    const port = await listenOnLoopback(server);
    const settings = { keepAlive: true, timeout: 60_000, ca: certificates.ca };
    const agent = isSecure ? new HttpsAgent(settings) : new HttpAgent(settings);
    onTestFinished(() => agent.destroy());
    const spare = spareConnections(agent, settings);
    const open = async (count: number) => {
      const before = opened.length;
      spare.open("127.0.0.1", port, count);
      await vi.waitFor(() => expect(opened.length).toBe(before + count));
    };
    const ask = () =>
      new Promise<string>((resolve, reject) => {
        const options = { host: "127.0.0.1", port, agent };
        const sent = isSecure ? getHttps(options) : getHttp(options);
        sent.on("response", (answer) => resolve(text(answer))).on("error", reject);
      });
    return { opened, spare, open, ask };
  }

  test("are taken by the next requests", async () => {
    const { opened, open, ask } = await setting();
    await open(2);
    expect(await Promise.all([ask(), ask()])).toEqual(["answer", "answer"]);
    expect(opened.length).toBe(2);
    expect(await Promise.all([ask(), ask(), ask()])).toHaveLength(3);
    expect(opened.length).toBe(3);
  });

  test("are passed over when they broke", async () => {
    const { opened, open, ask } = await setting();
    await open(1);
    opened[0]?.destroy();
    await vi.waitFor(async () => expect(await ask()).toBe("answer"));
    expect(opened.length).toBe(2);
  });

  test("are closed when nobody took them", async () => {
    const { opened, open, spare } = await setting();
    await open(1);
    const closed = new Promise((resolve) => opened[0]?.on("close", resolve).resume());
    spare.close();
    await closed;
  });
});
