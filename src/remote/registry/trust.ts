// SPDX-License-Identifier: MIT OR Apache-2.0
import { getCACertificates } from "node:tls";
import type { TransportOptions } from "./http.ts";

/** Who is believed to be who it says, and how we prove who we are, in the words of `node:tls`. */
export interface Trust {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
}

/** Nothing where the options name nothing: then Node's own certificates count. */
export function trustOf({ ca, clientCert, clientKey }: TransportOptions): Trust {
  return {
    ...(ca === undefined ? {} : { ca: [...getCACertificates("default"), ca] }),
    ...(clientCert === undefined ? {} : { cert: clientCert }),
    ...(clientKey === undefined ? {} : { key: clientKey }),
  };
}
