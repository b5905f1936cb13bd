// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Facts } from "./facts.ts";
import { DISTANT_WORDS, LEAF_VERSIONS } from "./published.ts";
import { SOURCE_NAMES, SOURCES, type Source, type SourceName } from "./sources.ts";
import type { Command, Settings } from "./steps.ts";

/** Which variant each file of a checkout is in. */
export type Variants = Readonly<Record<SourceName, number>>;

/** Where a build happens: paths as facts have them. */
export interface Places {
  readonly checkout: string;
  /** Where the program is. */
  readonly profile: string;
}

/** What can keep `part` from being built. */
const IN_PART: readonly SourceName[] = ["alphaLib", "alphaInner", "alphaBuild", "betaLib", "macrosLib"];

/**
 * What a build from nothing shows: a function of files, settings and places alone. What plain cargo shows after a
 * history of builds may differ, where it cannot notice a change. Lines and warnings of what does not compile are what
 * they would be if it did, as it may not be noticed.
 */
export function expected(variants: Variants, settings: Settings, places: Places, command: Command): Facts {
  const part = command === "part";
  const broken = (part ? IN_PART : SOURCE_NAMES).some((name) => {
    const { breaks, variants: count }: Source = SOURCES[name];
    return breaks === true && variants[name] === count - 1;
  });
  const warning = (crate: string, variant: number) => ({ [`warning ${crate}_v${variant}`]: "said" });
  return {
    "exit status": broken ? "101" : "0",
    ...warning("alpha", variants.alphaLib),
    ...(part ? {} : warning("app", variants.appMain)),
    ...(part ? {} : warning("outside", variants.outsideLib)),
    ...(part || command === "check" ? {} : lines(variants, settings, places)),
  };
}

function lines(variants: Variants, settings: Settings, { checkout, profile }: Places): Facts {
  const extra = settings.features === "extra";
  const quiet = `leaf-${LEAF_VERSIONS[variants.lock >> 1]}`;
  const leaf = extra ? `${quiet}!` : quiet;
  const release = settings.profile === "release";
  const listed = variants.alphaListed === 0 ? "always.txt" : "always.txt+sometimes.txt";
  return {
    "line alpha.lib": `v${variants.alphaLib}`,
    "line alpha.inner": `v${variants.alphaInner}`,
    "line alpha.made": `v${variants.alphaBuild} word${variants.alphaInput} ${listed}`,
    "line alpha.about": `about${variants.alphaManifest}`,
    "line alpha.opt": settings.GREEN_OPT || "none",
    "line alpha.other": `v${variants.alphaOther >> 1}`,
    "line sprout": `sprout ${leaf}`,
    "line beta.lib": `v${variants.betaLib}`,
    "line beta.words": `word${variants.betaWords}`,
    "line beta.word": settings.GREEN_WORD || "none",
    "line beta.loud": `${settings.GREEN_WORD === "b"}`,
    "line beta.alpha": `word${variants.alphaInput}`,
    // A proc-macro is compiled for the host, where nobody asks for the feature.
    "line beta.macro": `v${variants.macrosLib} ${quiet}`,
    "line beta.notes": `word${variants.betaNotes}`,
    "line beta.table": variants.cargoConfig === 0 ? "none" : `table${variants.cargoConfig}`,
    "line beta.fancy": `${extra}`,
    "line gamma.lib": `v${variants.gammaLib}`,
    "line gamma.words": `word${variants.gammaWords}`,
    "line gamma.data": `word${variants.gammaData}`,
    "line gamma.hidden": settings.GREEN_HIDDEN || "none",
    "line gamma.out": profile,
    "line distant": `${DISTANT_WORDS[variants.lock & 1]}`,
    "line app.main": `v${variants.appMain}`,
    "line app.directory": `${checkout}/ws/app`,
    "line app.flag": `${settings.rustflags !== ""}`,
    "line app.debug": `${!release && variants.workspaceManifest === 0}`,
    "line outside": `v${variants.outsideLib} ${leaf}`,
    "line leaf": leaf,
  };
}
