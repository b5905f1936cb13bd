// SPDX-License-Identifier: MIT OR Apache-2.0
import { parseAddress } from "../address.ts";
import { bucketOptions, openRemote, type RemoteContext, type RemoteSettings } from "../open-remote.ts";
import type { ExportedCaches } from "./exported-caches.ts";

/**
 * Opens the place that an address leads to, for the caches that BuildKit exported there: a repository (`type=registry`),
 * a layout (`type=local`) or a part of a bucket (`type=s3`). Nothing is sent before something is asked.
 * @throws GreenError as `openRemote`
 */
export async function openCaches(
  name: string,
  settings: RemoteSettings,
  context: RemoteContext,
): Promise<ExportedCaches> {
  const address = parseAddress(settings.url, { directory: context.cwd, home: context.env["HOME"] });
  if (address.kind !== "s3") {
    const { registryCaches } = await import("./registry-caches.ts");
    return registryCaches(await openRemote(name, settings, context));
  }
  const { openS3Caches } = await import("../s3/open-s3.ts");
  return openS3Caches(name, address, await bucketOptions(name, address, settings, context));
}
