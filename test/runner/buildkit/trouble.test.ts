// SPDX-License-Identifier: MIT OR Apache-2.0
// What would disturb others is done to a builder of its own.
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { expect, onTestFinished, test, vi } from "vitest";
import { openGrpc } from "../../../src/runner/buildkit/grpc-connection.ts";
import { fileSync } from "../../../src/runner/buildkit/session/file-sync.ts";
import { health } from "../../../src/runner/buildkit/session/health.ts";
import { createOffers } from "../../../src/runner/buildkit/session/offers.ts";
import { openSession } from "../../../src/runner/buildkit/session/open-session.ts";
import { claimSessionId } from "../../../src/runner/buildkit/session-id.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { buildersOn, buildkitAt, type OpenEndpoint } from "../../support/engines/builders.ts";
import { type OwnEngine, startOwnBuildkit } from "../../support/engines/own-engine.ts";
import { describeWithEngines } from "../../support/engines.ts";
import { openTestRunner, unitsOf } from "./fixtures.ts";

vi.setConfig({ testTimeout: 240_000 });

/** The base image takes 1.3 GB, and a little must fit beside it. In memory, for the image to be there soon. */
const DISK_BYTES = 1_600_000_000;

async function ownBuildkit(): Promise<OwnEngine> {
  const engine = await startOwnBuildkit({ diskBytes: DISK_BYTES });
  onTestFinished(() => engine.close(), 60_000);
  return engine;
}

const SLOW = "sleep 1000";

describeWithEngines(["docker", "buildkit"], "A BuildKit", (engines) => {
  const { reference } = engines.image;

  test("that is killed is told of, and used again once it is back", async () => {
    const engine = await ownBuildkit();
    const { script, nonce } = unitsOf(reference);
    const runner = await openTestRunner(buildkitAt(engine.host));
    await runner.runUnit(script("exit 0"));
    const slow = runner.runUnit(script(SLOW));
    const broken = expect(slow).rejects.toMatchObject({
      code: "unreachable",
      retryable: true,
      side: "a buildkitd",
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await engine.kill();
    await broken;
    await expect(runner.runUnit(script("exit 0"))).rejects.toMatchObject({ code: "unreachable" });
    await engine.start();
    expect(String((await runner.runUnit(script(`echo ${nonce}`))).stdout)).toBe(`${nonce}\n`);
  });

  test("whose connection breaks is connected to again", async () => {
    const streams: Duplex[] = [];
    const open: OpenEndpoint = () => {
      const endpoint = buildersOn(engines).buildkit();
      return {
        ...endpoint,
        async dial(signal) {
          const stream = await endpoint.dial(signal);
          streams.push(stream);
          return stream;
        },
      };
    };
    const { script } = unitsOf(reference);
    const runner = await openTestRunner(open);
    const broken = expect(runner.runUnit(script(SLOW))).rejects.toMatchObject({
      ...{ code: "unreachable", retryable: true },
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    streams[0]?.destroy();
    await broken;
    expect((await runner.runUnit(script("exit 0"))).status).toBe(0);
    expect(streams).toHaveLength(2);
  });

  test("whose disk is full says so, and works once there is room", async () => {
    const engine = await ownBuildkit();
    const { script } = unitsOf(reference);
    const runner = await openTestRunner(buildkitAt(engine.host));
    await runner.runUnit(script("exit 0"));
    const large = runner.runUnit(script("head -c 1000000000 /dev/zero >/out/out/large"));
    await expect(large).rejects.toMatchObject({
      ...{ code: "refused", message: expect.stringMatching(/disk seems to be full: a unit: exit code/) },
    });
    const compiled = script("printf 'fn main() {}' >/tmp/a.rs; rustc --out-dir /out/out /tmp/a.rs");
    await engine.kill();
    await engine.start(); // What was in memory is gone.
    expect((await runner.runUnit(compiled)).status).toBe(0);
  });

  test("that takes another process's session for ours is given a new name for it", async () => {
    const open = buildersOn(engines).buildkit;
    const sender = randomUUID();
    const { id, release } = await claimSessionId("a buildkitd", sender);
    release();
    const runner = await openTestRunner(open, { sender });
    const other = await openGrpc(open(), AbortSignal.timeout(10_000));
    const stolen = await openSession(other, { id, services: [health, fileSync(createOffers(), () => {})] });
    const { script } = unitsOf(reference);
    const say = (text: string) => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, "f"), text);
      const tree = { directory, identity: text, files: ["f"] };
      return runner.runUnit(
        script("cat f", { cwd: "/work", inputs: [{ kind: "tree", target: "/work", tree }] }),
      );
    };
    await new Promise((resolve) => setTimeout(resolve, 500)); // It is taken when the builder has heard of it.
    expect(String((await say("while it is taken")).stdout)).toBe("while it is taken");
    await stolen.close();
    other.close();
    expect(String((await say("and afterwards")).stdout)).toBe("and afterwards");
  });
});
