// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import {
  parseSsh,
  parseTcp,
  parseUnix,
  type StreamAddress,
  type TlsFiles,
} from "../stream/stream-address.ts";

/** Where dockerd listens unless it is told otherwise. */
export const USUAL_SOCKET = "/var/run/docker.sock";

/** What docker adds to an address that is not complete (cli v28, `opts/hosts.go`). */
const USUAL = { host: "127.0.0.1", port: 2375 };

/**
 * Reads a host as docker does: `unix://`, `tcp://`, `ssh://`, or a host and port alone.
 * @param tls for TCP only; sockets and ssh need none
 * @throws GreenError "config"
 */
export function parseDockerHost(text: string, tls: TlsFiles | undefined): StreamAddress {
  const host = text.trim();
  const [scheme = ""] = /^[a-z]+(?=:\/\/)/i.exec(host) ?? [""];
  switch (scheme) {
    case "unix":
      return parseUnix(host, USUAL_SOCKET);
    case "ssh":
      return parseSsh(host);
    case "tcp":
    case "":
      return parseTcp(scheme === "" ? `tcp://${host}` : host, tls, USUAL);
    default:
      throw new GreenError("config", `"${host}" is no place where a docker engine can be reached from here`, {
        hint: "there are unix://, tcp:// and ssh://",
      });
  }
}
