// SPDX-License-Identifier: MIT OR Apache-2.0
import { openDirectClient } from "./direct-client.ts";
import type { Transport, TransportOptions } from "./http.ts";
import { proxyFor } from "./proxy-for.ts";
import { trustOf } from "./trust.ts";

/** Opens no connection yet; what speaks to proxies is loaded when there is one on the way. */
export function openTransport(options: TransportOptions): Transport {
  const tls = trustOf(options);
  const direct = openDirectClient(options, tls);
  let proxied: Promise<Transport> | undefined;
  return {
    async send(request) {
      const proxy = proxyFor(request.url, options.proxies);
      if (proxy === undefined) return direct.send(request);
      proxied ??= import("./proxied-client.ts").then(({ openProxiedClient }) =>
        openProxiedClient(options, tls),
      );
      return (await proxied).send(request);
    },
    connect(url, count) {
      if (proxyFor(url, options.proxies) === undefined) direct.connect?.(url, count);
    },
    async close() {
      await Promise.all([direct.close(), proxied?.then((client) => client.close())]);
    },
  };
}
