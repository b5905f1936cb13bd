// SPDX-License-Identifier: MIT OR Apache-2.0
import { isIP } from "node:net";

/** True if a host name or address, without brackets and port, is this machine. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith("127.");
  if (isIP(host) === 6) return host === "::1";
  return host === "localhost" || host.endsWith(".localhost"); // RFC 6761, section 6.3
}
