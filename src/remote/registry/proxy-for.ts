// SPDX-License-Identifier: MIT OR Apache-2.0
import { BlockList, isIP } from "node:net";
import { hostOf } from "../host-of.ts";
import { isLoopback } from "./loopback.ts";

/** The variables that name proxies; those in lower case win. An empty one counts as unset. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy's URL for a request to `url`, as curl, Go and others read the variables HTTPS_PROXY, HTTP_PROXY and
 * NO_PROXY; undefined: none. This machine itself is never behind a proxy.
 */
export function proxyFor(url: URL, env: ProxyEnvironment): string | undefined {
  const proxy = variable(env, url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  const host = hostOf(url).toLowerCase();
  if (proxy === undefined || isLoopback(host)) return undefined;
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const exceptions = variable(env, "NO_PROXY")?.split(/[\s,]+/) ?? [];
  if (exceptions.some((exception) => matches(exception.toLowerCase(), host, port))) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

function variable(env: ProxyEnvironment, name: string): string | undefined {
  return env[name.toLowerCase()] || env[name] || undefined;
}

/** `*`, an address, a range of addresses, or a name that also stands for all below it; each but ranges with a port. */
function matches(exception: string, host: string, port: string): boolean {
  if (exception === "") return false;
  if (exception === "*") return true;
  if (exception.includes("/")) return inRange(exception, host);
  const [, bracketed, plain = "", wanted] =
    /^(?:\[([^\]]*)\]|([^:]*|.*:.*:.*?))(?::([0-9]+))?$/.exec(exception) ?? [];
  if (wanted !== undefined && wanted !== port) return false;
  const name = (bracketed ?? plain).replace(/^\*?\./, "");
  return name !== "" && (host === name || (isIP(host) === 0 && host.endsWith(`.${name}`)));
}

function inRange(range: string, host: string): boolean {
  const [network = "", bits = ""] = range.split("/");
  const version = isIP(host);
  if (version === 0 || isIP(network) !== version || !/^[0-9]{1,3}$/.test(bits)) return false;
  const family = version === 6 ? "ipv6" : "ipv4";
  if (Number(bits) > (version === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(host, family);
}
