// SPDX-License-Identifier: MIT OR Apache-2.0
import { once } from "node:events";
import { createServer, type Http2Server } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openControl } from "../../../src/runner/buildkit/control.ts";
import { Control } from "../../../src/runner/buildkit/proto/control_pb.ts";

/** A builder that has more records than one answer holds. */
const IDS = ["0abc", "7def", "z123"];
const record = (ID: string) => ({
  ...{ ID, InUse: ID === "z123", Description: "mount /out from exec sh", RecordType: "regular" },
  Size: 7n,
  CreatedAt: { seconds: 3n, nanos: 500_000_000 },
});

let server: Http2Server;
let pruned: string[][];
let closed: number;

beforeEach(async () => {
  [pruned, closed] = [[], 0];
  const adapter = connectNodeAdapter({
    routes: (router) =>
      router.service(Control, {
        diskUsage({ filter: [filter] }) {
          if (filter === undefined) throw new ConnectError("message too large", Code.ResourceExhausted);
          const pattern = new RegExp(filter.replace(/^id~=/, ""));
          return { record: IDS.filter((id) => pattern.test(id)).map(record) };
        },
        async *prune({ filter }) {
          pruned.push(filter);
          yield record("0abc");
        },
      }),
  });
  server = createServer(adapter).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => server.close());

const open = () => {
  const { port } = server.address() as AddressInfo;
  const dial = async () => connect(port, "127.0.0.1");
  const endpoint = { name: "big", kind: "buildkitd" as const, dial, close: async () => void closed++ };
  return openControl(endpoint, new AbortController().signal);
};

test("records that do not fit into one answer are asked for by what their names begin with", async () => {
  const control = await open();
  const records = await control.records();
  expect(records.map(({ id, inUse }) => [id, inUse])).toEqual(IDS.map((id) => [id, id === "z123"]));
  expect(records[0]).toMatchObject({ size: 7, created: 3500, used: undefined, shared: false });
  await control.close();
  expect(closed).toBe(1);
});

test("records are removed by name, and never all of them", async () => {
  const control = await open();
  expect(await control.remove([])).toEqual([]);
  expect((await control.remove(["0abc", "z123"])).map(({ id }) => id)).toEqual(["0abc"]);
  expect(pruned).toEqual([["id==0abc", "id==z123"]]);
  await control.close();
});
