// SPDX-License-Identifier: MIT OR Apache-2.0
import { Args } from "@oclif/core";
import { builderSettings } from "../../src/config/builders.ts";
import type { ResolvedConfig } from "../../src/config/resolve.ts";
import { GreenError } from "../../src/error.ts";
import type { BuilderSettings } from "../../src/runner/buildkit/connection/builder-entry.ts";
import type { ListedBuilder } from "../../src/runner/buildkit/connection/list-builders.ts";
import type { DockerSources } from "../../src/runner/engine/docker-files.ts";
import { machineSources } from "../../src/runner/engine/machine-sources.ts";
import type { BuilderRow } from "../../src/ui/builders.ts";
import { GreenCommand } from "../base.ts";

/** Where builders are known from. */
export interface KnownBuilders {
  readonly resolved: ResolvedConfig;
  readonly settings: BuilderSettings;
  readonly sources: DockerSources;
}

/** `NAME`, of commands that are about one builder. */
export const builderArgument = {
  name: Args.string({ description: "A name that `builder ls` shows, or an address like ssh://me@host" }),
};

/** What commands about builders have in common. */
export abstract class BuilderCommand extends GreenCommand {
  protected async known(): Promise<KnownBuilders> {
    const resolved = await this.resolved({ exact: false });
    return { resolved, settings: builderSettings(resolved), sources: machineSources(process.env) };
  }

  /** Asks builders how they are, all at once. `start`: those whose container is stopped are started. */
  protected async probe(
    listed: readonly ListedBuilder[],
    options: { readonly start: boolean },
  ): Promise<readonly BuilderRow[]> {
    const { probeBuilder } = await import("../../src/runner/buildkit/connection/probe-builder.ts");
    return this.untilInterrupted((signal) =>
      Promise.all(
        listed.map(async ({ name, current, place }): Promise<BuilderRow> => {
          if (place instanceof GreenError) {
            return { name, current, place: undefined, status: { kind: "failed", error: place } };
          }
          return {
            name,
            current,
            place,
            status: await probeBuilder(place, { env: process.env, signal, ...options }),
          };
        }),
      ),
    );
  }

  /** The user's own settings file. Throws GreenError "environment" if there is no place for one. */
  protected userFile({ places: { user } }: ResolvedConfig): string {
    if (user !== undefined) return user;
    throw new GreenError("environment", "There is no CARGO_HOME, and no HOME", { hint: "set CARGO_HOME" });
  }
}
