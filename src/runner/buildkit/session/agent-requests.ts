// SPDX-License-Identifier: MIT OR Apache-2.0
import { Duplex } from "node:stream";

/** SSH_AGENTC_REQUEST_IDENTITIES, SSH_AGENTC_SIGN_REQUEST. https://www.ietf.org/archive/id/draft-miller-ssh-agent-14.html */
const ALLOWED: ReadonlySet<number | undefined> = new Set([11, 13]);
/** A message of one byte: SSH_AGENT_FAILURE. */
const FAILURE = Buffer.from([0, 0, 0, 1, 5]);
/** 256 KiB, as OpenSSH has it. */
const MOST_BYTES = 256 * 1024;
const LENGTH_BYTES = 4;

/**
 * The end of a connection to an ssh agent that others may have: what is written to it are requests, what is read from
 * it answers. It lists keys and signs; whatever would change the agent is answered as a failure, without asking it.
 */
export function agentRequests(agent: Duplex): Duplex {
  let unread = Buffer.alloc(0);
  // Answers come in the order of requests: a refusal must wait for those before it.
  let last: Promise<void> = Promise.resolve();
  let answered = () => {};
  const answers = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      unread = Buffer.concat([unread, chunk]);
      for (let message = takeMessage(); message !== undefined; message = takeMessage()) {
        const request = message;
        last = last.then(() => ask(request));
      }
      done(unread.length > MOST_BYTES ? new Error("an ssh agent's request is too long") : undefined);
    },
    final(done) {
      last = last.then(() => void answers.push(null));
      done();
    },
    destroy(error, done) {
      answered();
      done(error);
    },
  });
  const takeMessage = (): Buffer | undefined => {
    const whole = messageLength(unread);
    if (whole === undefined || unread.length < whole) return undefined;
    const message = unread.subarray(0, whole);
    unread = unread.subarray(whole);
    return message;
  };
  const ask = async (message: Buffer): Promise<void> => {
    if (!ALLOWED.has(message[LENGTH_BYTES])) return void answers.push(FAILURE);
    const { promise, resolve } = Promise.withResolvers<void>();
    answered = resolve;
    agent.write(message);
    await promise;
  };
  let answer = Buffer.alloc(0);
  agent.on("data", (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk]);
    const whole = messageLength(answer);
    if (whole === undefined || answer.length < whole) return;
    answers.push(answer.subarray(0, whole));
    answer = answer.subarray(whole);
    answered();
  });
  agent.on("close", () => answers.destroy());
  agent.on("error", (error) => answers.destroy(error));
  return answers;
}

/** With its own four bytes; undefined if it is not told yet. */
function messageLength(bytes: Buffer): number | undefined {
  return bytes.length < LENGTH_BYTES ? undefined : bytes.readUInt32BE(0) + LENGTH_BYTES;
}
