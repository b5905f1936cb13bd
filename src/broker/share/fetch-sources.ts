// SPDX-License-Identifier: MIT OR Apache-2.0
import type { NamedRemote } from "../../config/remotes.ts";
import type { FetchOptions, FetchSource } from "./fetch-build.ts";
import type { OpenedRemotes } from "./opened-remotes.ts";
import { packNameOf } from "./pack-scope.ts";
import { isPublicPackage } from "./public-packages.ts";
import { isEverybodysScope } from "./public-scope.ts";

/** Those remotes that may be asked about builds of a scope, and the name of the pack that each is asked for. */
export async function fetchSources(
  pulls: readonly NamedRemote[],
  remotes: OpenedRemotes,
  { scope, packages, lists }: Pick<FetchOptions, "scope" | "packages" | "lists">,
): Promise<readonly FetchSource[]> {
  const sources = await Promise.all(
    pulls.map(async (named): Promise<readonly FetchSource[]> => {
      const isPublic = named.visibility === "public";
      // Already the names of profile, target or compiler may be nobody else's affair.
      if (isPublic && !isEverybodysScope(scope)) return [];
      const remote = await remotes.open(named);
      const told = isPublic ? packages.filter((each) => isPublicPackage(each, lists)) : packages;
      return remote === undefined
        ? []
        : [{ remote, isPublic, pack: packNameOf(scope, told), unitTags: named.unitTags }];
    }),
  );
  return sources.flat();
}
