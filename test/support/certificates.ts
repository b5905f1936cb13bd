// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate with its key, PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** An authority, a server that it vouches for, and a client that it vouches for. Made with openssl, for a day. */
export interface Certificates {
  readonly ca: string;
  readonly server: KeyPair;
  readonly client: KeyPair;
}

export function makeCertificates(names: readonly string[]): Certificates {
  const directory = mkdtempSync(join(tmpdir(), "green-certificates-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
  const read = (name: string) => readFileSync(join(directory, name), "utf8");
  const fresh = (name: string) => [
    ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    ...["-keyout", `${name}.key`, "-out", `${name}.pem`, "-days", "1", "-subj", `/CN=${name}`],
  ];
  try {
    openssl("req", "-x509", ...fresh("authority"));
    const signed = (name: string) => [
      ...["req", "-x509", "-CA", "authority.pem", "-CAkey", "authority.key", ...fresh(name)],
      ...["-addext", "basicConstraints=critical,CA:FALSE", "-addext", `subjectAltName=${names.join(",")}`],
    ];
    openssl(...signed("server"));
    openssl(...signed("client"));
    return {
      ca: read("authority.pem"),
      server: { cert: read("server.pem"), key: read("server.key") },
      client: { cert: read("client.pem"), key: read("client.key") },
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
