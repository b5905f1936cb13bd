// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { type ConnectionOptions, createSecureContext } from "node:tls";
import { GreenError } from "../../error.ts";
import type { TcpAddress, TlsFiles } from "./stream-address.ts";

/**
 * What Node needs for a TLS connection. The files are read now, as they may be renewed while we run.
 * @throws GreenError "config" for a file that cannot be read or is not what it should be, or for a key without certificate
 */
export async function tlsOptions(
  { host, port }: TcpAddress,
  files: TlsFiles,
  side: string,
): Promise<ConnectionOptions> {
  const { ca, cert, key, verify, serverName } = files;
  if ((cert === undefined) !== (key === undefined)) {
    throw new GreenError("config", `A client certificate needs its key, and the other way round (${side})`, {
      side,
    });
  }
  const [caText, certText, keyText] = await Promise.all([ca, cert, key].map((path) => pem(path, side)));
  const texts = {
    ...(caText === undefined ? {} : { ca: caText }),
    ...(certText === undefined ? {} : { cert: certText }),
    ...(keyText === undefined ? {} : { key: keyText }),
  };
  const name = serverName ?? host;
  return {
    ...{ host, port, rejectUnauthorized: verify, secureContext: contextOf(texts, files, side) },
    // RFC 6066, section 3: an address is no server name; Node compares it with the certificate all the same.
    ...(isIP(name) === 0 ? { servername: name } : {}),
  };
}

async function pem(path: string | undefined, side: string): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    throw new GreenError("config", `"${path}" cannot be read: ${GreenError.from(thrown).message}`, {
      hint: "it is to hold a certificate or key for TLS, in PEM",
      ...{ side, cause: thrown },
    });
  }
}

function contextOf(
  texts: { readonly ca?: string; readonly cert?: string; readonly key?: string },
  { ca, cert, key }: TlsFiles,
  side: string,
) {
  try {
    return createSecureContext(texts);
  } catch (thrown) {
    const named = [ca, cert, key].filter((path) => path !== undefined).map((path) => `"${path}"`);
    throw new GreenError("config", `${named.join(", ")}: ${GreenError.from(thrown).message}`, {
      hint: "they are to be PEM files: authority, certificate, and the key of that certificate without a passphrase",
      ...{ side, cause: thrown },
    });
  }
}
