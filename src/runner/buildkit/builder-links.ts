// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import type { BuilderEndpoint } from "./builder-endpoint.ts";
import { type BuilderLink, openLink } from "./builder-link.ts";
import type { SessionService } from "./session/session-service.ts";
import { claimSessionId } from "./session-id.ts";

/** The way to a builder, which is opened anew when it broke. */
export interface BuilderLinks {
  /** The link that there is, or a new one. Throws as `openLink`. */
  current(): Promise<BuilderLink>;
  /**
   * Gives a link up whose session the builder knows nothing of, once what uses it is done: the next one has a name that
   * nobody else has.
   */
  rename(link: BuilderLink): void;
  close(): Promise<void>;
}

export interface BuilderLinksOptions {
  readonly endpoint: BuilderEndpoint;
  readonly project: string;
  readonly services: readonly SessionService[];
  /** Ends an attempt to open one. */
  readonly signal: AbortSignal;
}

/** Opens none yet. */
export async function builderLinks(options: BuilderLinksOptions): Promise<BuilderLinks> {
  const { endpoint, services, signal } = options;
  const claimed = await claimSessionId(endpoint.name, options.project);
  let sessionId = claimed.id;
  let current: Promise<BuilderLink> | undefined;
  let usable: BuilderLink | undefined;
  const opened = new Set<BuilderLink>();
  const giveUp = (link: BuilderLink) => {
    if (usable === link) current = usable = undefined;
  };
  const open = async () => {
    const link = await openLink({ endpoint, sessionId, services }, signal);
    opened.add(link);
    usable = link;
    link.gone.addEventListener("abort", () => {
      giveUp(link);
      opened.delete(link);
      void link.close();
    });
    return link;
  };
  return {
    current() {
      if (current !== undefined) return current;
      const opening = open();
      current = opening;
      opening.catch(() => {
        if (current === opening) current = undefined;
      });
      return opening;
    },
    rename(link) {
      if (usable !== link) return;
      sessionId = randomUUID();
      giveUp(link);
    },
    async close() {
      await current?.catch(() => {});
      await Promise.all([...opened].map((link) => link.close()));
      claimed.release();
      await endpoint.close();
    },
  };
}
