// SPDX-License-Identifier: MIT OR Apache-2.0
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { LentAgent } from "../../container/lent.ts";
import { BytesMessageSchema, SSH } from "../proto/ssh_pb.ts";
import { agentRequests } from "./agent-requests.ts";
import { pathsOf, type SessionService } from "./session-service.ts";

/** session/sshforward of BuildKit 0.25. */
const ID_HEADER = "buildkit.ssh.id";
const DEFAULT_ID = "default";

/** Lets a builder ask the ssh agents that are named for their keys and for signatures, and for nothing else. */
export function lendAgents(agents: readonly LentAgent[]): SessionService {
  const socketOf = (id: string): string => {
    const agent = agents.find((each) => each.id === (id || DEFAULT_ID));
    if (agent !== undefined) return agent.socket;
    throw new ConnectError(`no ssh agent "${id}" is lent`, Code.NotFound);
  };
  return {
    methods: pathsOf(SSH),
    register: (router) =>
      router.service(SSH, {
        async checkAgent({ ID }) {
          socketOf(ID);
          return {};
        },
        async *forwardAgent(incoming, { requestHeader }) {
          const agent = await connectTo(socketOf(requestHeader.get(ID_HEADER) ?? ""));
          const answers = agentRequests(agent);
          const pump = async () => {
            for await (const { data } of incoming) {
              if (!answers.write(data)) await once(answers, "drain");
            }
            answers.end();
          };
          pump().catch((thrown: Error) => answers.destroy(thrown));
          try {
            for await (const data of answers) yield create(BytesMessageSchema, { data });
          } finally {
            answers.destroy();
            agent.destroy();
          }
        },
      }),
  };
}

async function connectTo(path: string): Promise<Socket> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch {
    throw new ConnectError(`no ssh agent answers at "${path}"`, Code.Unavailable);
  }
  return socket;
}
