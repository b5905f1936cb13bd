// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BuildKitCache, CacheContent } from "../../src/broker/buildkit/buildkit-cache.ts";
import type { Store } from "../../src/store/store.ts";
import { withProgress } from "../../src/ui/progress.ts";
import type { CommandIo } from "../base.ts";
import { type BuildKitArguments, type BuildKitPlace, splitBuildKit } from "../buildkit-place.ts";

/** What BuildKit keeps in some place, read. */
export interface OpenedBuildKit {
  readonly cache: BuildKitCache;
  readonly content: CacheContent;
  readonly signal: AbortSignal;
}

/**
 * Reads what BuildKit keeps where the arguments say, and closes it after `work`. ^C ends it.
 * @param check looks at the arguments before anything is connected
 */
export async function withBuildKit<Checked>(
  io: CommandIo,
  argv: readonly unknown[],
  check: (args: BuildKitArguments) => Checked,
  work: (opened: OpenedBuildKit, checked: Checked) => Promise<void>,
): Promise<void> {
  const args = await splitBuildKit(argv, await io.resolved());
  const checked = check(args);
  await io.withStore((store) =>
    io.untilInterrupted(async (signal) => {
      const cache = await openBuildKit(args.place, store, signal);
      try {
        const options = { signal, onUnreadable: io.warnOfUnreadable };
        const title = `Looking into ${cache.name}`;
        const content = await withProgress({ title, stream: io.progress }, () => cache.read(options));
        await work({ cache, content, signal }, checked);
      } finally {
        await cache.close();
      }
    }),
  );
}

async function openBuildKit(place: BuildKitPlace, store: Store, signal: AbortSignal): Promise<BuildKitCache> {
  const { localKnowledge } = await import("../../src/broker/buildkit/local-knowledge.ts");
  const { env } = process;
  if (place.kind === "remote") {
    const { remote } = place;
    const { openCaches } = await import("../../src/remote/buildkit/open-caches.ts");
    const { exportedCache } = await import("../../src/broker/buildkit/exported-cache.ts");
    const caches = await openCaches(remote.name, remote, { env, cwd: process.cwd() });
    return exportedCache(caches, localKnowledge(store));
  }
  const { openBuilder } = await import("../../src/runner/buildkit/connection/open-builder.ts");
  const { openControl } = await import("../../src/runner/buildkit/control.ts");
  const { builderCache } = await import("../../src/broker/buildkit/builder-cache.ts");
  const control = await openControl(openBuilder(place.builder, env).endpoint, signal);
  return builderCache(control, localKnowledge(store));
}
