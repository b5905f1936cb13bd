// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Files in PEM: whom one side trusts, and what it shows itself. */
export interface ClientCertificates {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** What a server and a client that trust one authority show each other. */
export interface Certificates {
  readonly server: ClientCertificates;
  readonly client: ClientCertificates;
}

const DAYS = "7";

/** Keys for the curve P-256, which unlike those of RSA are made at once. */
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256"];

/** Makes an authority and certificates for `localhost` and `127.0.0.1` in `directory`; needs `openssl`. */
export function makeCertificates(directory: string): Certificates {
  mkdirSync(directory, { recursive: true });
  const file = (name: string) => join(directory, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  openssl(
    ...["req", "-x509", ...NEW_KEY, "-days", DAYS, "-subj", "/CN=authority"],
    ...["-keyout", file("authority-key.pem"), "-out", file("authority.pem")],
  );

  function signed(name: "server" | "client"): ClientCertificates {
    const request = file(`${name}.csr`);
    const certificate = file(`${name}.pem`);
    const key = file(`${name}-key.pem`);
    const extensions = file(`${name}.ext`);
    openssl("req", ...NEW_KEY, "-subj", `/CN=${name}`, "-keyout", key, "-out", request);
    writeFileSync(extensions, `subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=${name}Auth\n`);
    openssl(
      ...["x509", "-req", "-in", request, "-out", certificate, "-days", DAYS, "-extfile", extensions],
      ...["-CA", file("authority.pem"), "-CAkey", file("authority-key.pem"), "-CAcreateserial"],
    );
    return { ca: file("authority.pem"), certificate, key };
  }

  return { server: signed("server"), client: signed("client") };
}

/** Copies them into `directory` under the names that docker's clients look for. */
export function forDocker({ ca, certificate, key }: ClientCertificates, directory: string): void {
  mkdirSync(directory);
  copyFileSync(ca, join(directory, "ca.pem"));
  copyFileSync(certificate, join(directory, "cert.pem"));
  copyFileSync(key, join(directory, "key.pem"));
}
