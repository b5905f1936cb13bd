// SPDX-License-Identifier: MIT OR Apache-2.0
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificate } from "./certificates.ts";
import { REGISTRY_HTPASSWD } from "./credentials.ts";
import { TOKEN_ISSUER, TOKEN_SERVICE } from "./registry-token.ts";

export interface DistributionSettings {
  /** For files that the configuration names. */
  readonly directory: string;
  readonly data: string;
  readonly certificate: Certificate | undefined;
  readonly basic: boolean;
  readonly token: { readonly realm: string; readonly certificateFile: string } | undefined;
  readonly delete: boolean;
}

/** Written as JSON, which is YAML too: https://distribution.github.io/distribution/about/configuration/ */
export function distributionConfig(settings: DistributionSettings): object {
  const { certificate } = settings;
  return {
    version: 0.1,
    log: { level: "info", accesslog: { disabled: false } },
    storage: {
      filesystem: { rootdirectory: settings.data },
      delete: { enabled: settings.delete },
    },
    http: {
      addr: "127.0.0.1:0",
      secret: "the same after a restart",
      ...(certificate && {
        tls: { certificate: certificate.certificateFile, key: certificate.keyFile },
      }),
    },
    ...auth(settings),
  };
}

function auth({ directory, basic, token }: DistributionSettings): object {
  if (token !== undefined) {
    const { realm, certificateFile } = token;
    return {
      auth: {
        token: { realm, service: TOKEN_SERVICE, issuer: TOKEN_ISSUER, rootcertbundle: certificateFile },
      },
    };
  }
  if (!basic) return {};
  const path = join(directory, "htpasswd");
  writeFileSync(path, `${REGISTRY_HTPASSWD}\n`);
  return { auth: { htpasswd: { realm: "cargo-green tests", path } } };
}
