// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { builderSettings } from "../src/config/builders.ts";
import type { NamedRemote } from "../src/config/remotes.ts";
import type { ResolvedConfig } from "../src/config/resolve.ts";
import { GreenError } from "../src/error.ts";
import type { BuilderPlace } from "../src/runner/buildkit/connection/builder-place.ts";
import { splitRemote } from "./remote-arguments.ts";
import { refuseUnfitFlags, type UnfitFlags, unfitFlag } from "./unfit-flags.ts";

export const buildkitFlag = {
  buildkit: Flags.boolean({
    summary: "What BuildKit keeps: on a builder, or in caches that builders exported to a remote",
  }),
};

/** A builder, or a place that builders export caches to. */
export type BuildKitPlace =
  | { readonly kind: "builder"; readonly builder: BuilderPlace }
  | { readonly kind: "remote"; readonly remote: NamedRemote };

/** Remotes' names and addresses come first, then those of builders. */
export interface BuildKitArguments {
  readonly place: BuildKitPlace;
  readonly selectors: readonly string[];
}

/**
 * What arguments mean with `--buildkit`: one may be a remote or a builder, by name or address; without, the builder is
 * meant that builds would use.
 * @throws GreenError "usage" if there are several, "config" for a builder that makes no sense
 */
export async function splitBuildKit(
  argv: readonly unknown[],
  resolved: ResolvedConfig,
): Promise<BuildKitArguments> {
  const { remote, selectors: rest } = splitRemote(argv, resolved.config);
  const { builderNamed, findBuilder } = await import("../src/runner/buildkit/connection/find-builder.ts");
  const { builderNames } = await import("../src/runner/buildkit/connection/list-builders.ts");
  const { machineSources } = await import("../src/runner/engine/machine-sources.ts");
  const settings = builderSettings(resolved);
  const sources = machineSources(process.env);
  const names = new Set(await builderNames(settings, sources));
  const isBuilder = (text: string) => names.has(text) || text.includes("://");
  const [named, other = remote?.name] = rest.filter(isBuilder);
  const selectors = rest.filter((text) => !isBuilder(text));
  if (named !== undefined && other !== undefined) {
    throw new GreenError("usage", `Several places are named: "${named}" and "${other}"`, {
      hint: "name one; a crate with the name of a builder is written as pkg:cargo/NAME",
    });
  }
  if (remote !== undefined) return { place: { kind: "remote", remote }, selectors };
  const builder =
    named === undefined
      ? await findBuilder(settings, sources)
      : await builderNamed(named, "the command line", settings, sources);
  return { place: { kind: "builder", builder }, selectors };
}

const WHERE = "--buildkit here";

const PINNED = "only units of the local cache are pinned";
const SANDBOXED = "all units that BuildKit builds are in a sandbox";

const UNFIT: Readonly<Record<BuildKitPlace["kind"], UnfitFlags>> = {
  builder: { where: WHERE, hints: { pinned: PINNED, unsandboxed: SANDBOXED }, orders: ["time"] },
  remote: {
    where: WHERE,
    hints: {
      pinned: PINNED,
      unsandboxed: SANDBOXED,
      "unused-since": "remotes do not tell when something was last pulled; `cache prune` goes by age",
    },
    orders: ["time", "used"],
  },
};

/** Refuses flags that make no sense of what BuildKit keeps. Throws GreenError "usage". */
export function refuseBuildKitFlags(flags: object, { kind }: BuildKitPlace): void {
  refuseUnfitFlags(flags, UNFIT[kind]);
}

/** The error for a flag, as it is written, that makes no sense there. */
export function notOfBuildKit(flag: string, hint: string): GreenError {
  return unfitFlag(flag, WHERE, hint);
}
