// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Duplex } from "node:stream";
import { GreenError } from "../../../error.ts";
import { connectFailure, type Destination, speaksOther } from "../../stream/connect-failure.ts";
import { firstWord, notHttp2 } from "../../stream/first-word.ts";
import { forHttp2 } from "../../stream/paced-stream.ts";
import { socketOpener } from "../../stream/socket-opener.ts";
import { sshOpener } from "../../stream/ssh-opener.ts";
import { formatAddress, hostAndPort, type StreamAddress } from "../../stream/stream-address.ts";
import type { StreamOpener } from "../../stream/stream-opener.ts";
import { whoListens } from "../../stream/who-listens.ts";
import type { BuilderEndpoint } from "../builder-endpoint.ts";

/**
 * BuildKit's server (grpc-go) begins with its settings. Something in front of it may wait for ours; then this much is
 * lost: 1 s.
 */
const SOCKET_MS = 1000;
/** Logging in by ssh may take a while, and it says itself if it fails: 45 s. */
const SSH_MS = 45_000;

/** A buildkitd that listens on a socket, by TCP, or at the other end of ssh. */
export function remoteEndpoint(
  name: string,
  address: StreamAddress,
  env: NodeJS.ProcessEnv,
): BuilderEndpoint {
  const destination: Destination = {
    side: name,
    startHint: "start buildkitd, or choose another builder: `cargo green builder ls`",
    permissionHint: "let your group use the socket: `buildkitd --group GROUP`",
    otherHint: 'is that a buildkitd? A docker engine is named with DOCKER_HOST or `driver = "docker"`',
  };
  const open = openerOf(address, destination, env);
  const streams = new Set<Duplex>();
  return {
    ...{ name, kind: "buildkitd" },
    ...(address.kind === "tcp" ? { authority: address.tls?.serverName ?? hostAndPort(address) } : {}),
    async dial(signal) {
      const stream = await open(signal);
      streams.add(stream);
      stream.once("close", () => streams.delete(stream));
      try {
        const word = await firstWord(stream, address.kind === "ssh" ? SSH_MS : SOCKET_MS, signal);
        if (word === "silent") await refuseOthers(address, open, destination);
        else if (notHttp2(stream) !== undefined) throw speaksOther(address, destination);
        return forHttp2(stream);
      } catch (thrown) {
        stream.on("error", () => {}).destroy();
        signal?.throwIfAborted();
        throw connectFailure(thrown, address, destination);
      }
    },
    async close() {
      for (const stream of streams) stream.destroy();
    },
  };
}

function openerOf(address: StreamAddress, destination: Destination, env: NodeJS.ProcessEnv): StreamOpener {
  if (address.kind !== "ssh") return socketOpener(address, { ...destination, alpn: "h2" });
  const { socket } = address;
  const at = socket === undefined ? [] : ["--addr", `unix://${socket}`];
  return sshOpener(address, { ...destination, env, command: ["buildctl", ...at, "dial-stdio"] });
}

/** Throws "unreachable" if what is silent is known to be something else than a buildkitd. */
async function refuseOthers(
  address: StreamAddress,
  open: StreamOpener,
  { side }: Destination,
): Promise<void> {
  const listener = await whoListens(address, open);
  if (listener === "unknown") return;
  const where = formatAddress(address);
  const [message, hint] =
    listener === "tls"
      ? [
          `${where} wants TLS`,
          "name its authority, and a certificate and key of yours: `cargo green builder create --help`",
        ]
      : [
          `${where} is a docker engine, not a buildkitd`,
          "name it with DOCKER_HOST, or as a builder with the driver docker",
        ];
  throw new GreenError("unreachable", message, { hint, side });
}
