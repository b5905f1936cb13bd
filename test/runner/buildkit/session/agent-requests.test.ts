// SPDX-License-Identifier: MIT OR Apache-2.0
import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { agentRequests } from "../../../../src/runner/buildkit/session/agent-requests.ts";

const message = (type: number, body = "") => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 1);
  return Buffer.concat([length, Buffer.from([type]), Buffer.from(body)]);
};

test("an agent is asked for keys and signatures; whatever would change it is refused, in its turn", async () => {
  const asked: number[] = [];
  const agent = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      asked.push(chunk[4] ?? -1);
      const answer = message((chunk[4] ?? 0) + 1, "answer");
      // Agents take their time, and answer in pieces.
      setTimeout(() => agent.push(answer.subarray(0, 3)), 5);
      setTimeout(() => agent.push(answer.subarray(3)), 10);
      done();
    },
  });
  const requests = agentRequests(agent);
  const sent = Buffer.concat([message(11), message(19), message(13, "sign this"), message(17, "add")]);
  requests.write(sent.subarray(0, 7));
  requests.end(sent.subarray(7));
  const pieces: Buffer[] = [];
  for await (const piece of requests) pieces.push(piece);
  const failure = message(5);
  expect(Buffer.concat(pieces)).toEqual(
    Buffer.concat([message(12, "answer"), failure, message(14, "answer"), failure]),
  );
  expect(asked).toEqual([11, 13]);
});
