// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate that is its own authority, and its key. */
export interface Certificate {
  /** PEM; what a client must trust. */
  readonly ca: string;
  /** PEM, for the curve P-256: unlike keys of RSA these are made at once. */
  readonly key: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Makes a certificate for `localhost` and `127.0.0.1` in `directory`; needs `openssl`. */
export function makeCertificate(directory: string, name: string): Certificate {
  const certificateFile = join(directory, `${name}.pem`);
  const keyFile = join(directory, `${name}.key`);
  const args = [
    ...[
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-sha256",
      "-days",
      "2",
    ],
    ...["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
    ...["-keyout", keyFile, "-out", certificateFile],
  ];
  execFileSync("openssl", args, { stdio: "pipe" });
  return {
    ca: readFileSync(certificateFile, "utf8"),
    key: readFileSync(keyFile, "utf8"),
    certificateFile,
    keyFile,
  };
}
