// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Remote } from "../../remote/remote.ts";

/**
 * The same remote, which is given up when it stands still for `limitMs` while something is sent to it: no byte is taken,
 * and no answer comes. Then what is under way throws "unreachable".
 */
export function unlessStalled(remote: Remote, limitMs: number): Remote {
  return {
    name: remote.name,
    url: remote.url,
    repository: remote.repository,
    manifest: (reference, options) => remote.manifest(reference, options),
    blob: (descriptor, options) => remote.blob(descriptor, options),
    hasBlob: (descriptor, options) => remote.hasBlob(descriptor, options),
    tags: (options) => remote.tags(options),
    pushBlob: (source, options = {}) =>
      watched(remote, limitMs, options.signal, (signal, moved) => {
        const onSent = (bytes: number) => {
          moved();
          options.onSent?.(bytes);
        };
        return remote.pushBlob(source, { ...options, signal, onSent });
      }),
    pushManifest: (manifest, options = {}) =>
      watched(remote, limitMs, options.signal, (signal) => remote.pushManifest(manifest, { signal })),
    removeManifest: (digest, options) => remote.removeManifest(digest, options),
    close: () => remote.close(),
  };
}

async function watched<T>(
  { name }: Remote,
  limitMs: number,
  signal: AbortSignal | undefined,
  send: (signal: AbortSignal, moved: () => void) => Promise<T>,
): Promise<T> {
  const stalled = new AbortController();
  const timer = setTimeout(() => {
    const message = `It stood still for ${limitMs / 1000} s while units were sent`;
    stalled.abort(new GreenError("unreachable", message, { side: name }));
  }, limitMs);
  const both = signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]);
  try {
    return await send(both, () => timer.refresh());
  } finally {
    clearTimeout(timer);
  }
}
