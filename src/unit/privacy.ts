// SPDX-License-Identifier: MIT OR Apache-2.0
import { looksSecret } from "../cargo/env-policy.ts";
import type { Package } from "../cargo/package.ts";
import { isListedSource } from "../cargo/public-source.ts";
import { isStandardTriple } from "../cargo/rustc-names.ts";
import { isStandardProfile } from "../cargo/standard-profile.ts";
import type { Binding, Privacy, PrivacyLink, SandboxNote, UnitIdentity } from "./record.ts";

/** What the user declares to be everybody's. */
export interface PublicLists {
  /** URLs of registries besides crates.io. */
  readonly publicRegistries: readonly string[];
  readonly publicGit: readonly string[];
  /** Names of variables that a public unit may have read. */
  readonly allowEnv: readonly string[];
}

/** What the class of a unit depends on. */
export interface PrivacyFacts {
  readonly package: Pick<Package, "source" | "immutable" | "lockedSource" | "mirror">;
  readonly identity: Pick<UnitIdentity, "profile" | "triple">;
  /** Direct dependencies, each with its own class. */
  readonly dependencies: readonly {
    readonly identity: Pick<UnitIdentity, "package" | "kind">;
    readonly privacy: Privacy;
  }[];
  /** Variables in the key that are neither Cargo's nor allow-listed. */
  readonly foreignEnv: readonly string[];
  /** How it was made. */
  readonly sandbox: Pick<SandboxNote, "mode" | "network">;
  /** What was said to it that only this user says, as a reason: `compiled with RUSTFLAGS of your own (--cfg x)`. */
  readonly particular: string | undefined;
  /** Paths of this machine that stand in the outputs. */
  readonly bindings: readonly Binding[];
}

/**
 * Decides who may see a unit: private unless everything about it is known to be public.
 * The reason is the first that applies: what is of its own comes before what it depends on.
 */
export function decidePrivacy(facts: PrivacyFacts, lists: PublicLists): Privacy {
  const { package: own, identity, sandbox } = facts;
  const source = sourceObjection(own, lists);
  if (source !== undefined) return privately(source);
  const binding = facts.bindings[0];
  if (binding !== undefined) return privately(`its output contains the path of ${binding.root}`);
  if (!isStandardTriple(identity.triple)) {
    return privately(`compiled for a target that rustc does not bring (${identity.triple})`);
  }
  if (!isStandardProfile(identity.profile)) {
    return privately(`built with a profile of your own (${identity.profile})`);
  }
  if (facts.particular !== undefined) return privately(facts.particular);
  // A digest of a secret is no secret only as long as nobody can guess: never public, whatever is allowed.
  const env = facts.foreignEnv.find((name) => looksSecret(name) || !lists.allowEnv.includes(name));
  if (env !== undefined) return privately(`read the environment variable ${env}`);
  const tainted = facts.dependencies.find(({ privacy }) => privacy.class === "private");
  if (tainted !== undefined) return dependent(tainted);
  if (sandbox.mode === "none") return privately("made without a sandbox");
  if (sandbox.network) return privately("made with access to the network");
  return { class: "public", reason: PUBLIC_REASON[own.source] ?? "listed as public" };
}

const PUBLIC_REASON: Readonly<Partial<Record<Package["source"], string>>> = {
  "crates-io": "crates.io, pinned by a checksum",
  registry: "from a registry that is listed as public, pinned by a checksum",
  git: "from a git repository that is listed as public, pinned by a commit",
};

/** Why the sources are not everybody's; undefined if they are. A patched package is what it is patched with. */
function sourceObjection(own: PrivacyFacts["package"], lists: PublicLists): string | undefined {
  const { source, immutable, lockedSource = "", mirror } = own;
  if (source === "path") return "path package";
  if (source === "vendored") return "vendored sources";
  if (source === "registry" && !isListedSource(lockedSource, lists.publicRegistries)) {
    return "from a registry that is not listed as public";
  }
  if (source === "git" && !isListedSource(lockedSource, lists.publicGit)) {
    return "from a git repository that is not listed as public";
  }
  // What a company has in crates.io's place may hold crates of its own under the same name.
  if (
    source === "crates-io" &&
    mirror !== undefined &&
    !lists.publicRegistries.some((url) => hostOf(url) === mirror)
  ) {
    return "from a registry in crates.io's place that is not listed as public";
  }
  return immutable ? undefined : "no checksum pins its sources";
}

function hostOf(url: string): string | undefined {
  return URL.parse(url.trim().replace(/^(registry|sparse)\+/i, ""))?.hostname;
}

function privately(reason: string): Privacy {
  return { class: "private", reason };
}

/** What stands on a private unit: `depends on serde_with → acme-derive (proc-macro, path package)`: the nearest first, the cause last. */
export function dependent({ identity, privacy }: PrivacyFacts["dependencies"][number]): Privacy {
  const through: readonly PrivacyLink[] = [
    { package: identity.package, kind: identity.kind },
    ...(privacy.through ?? []),
  ];
  const cause = privacy.cause ?? privacy.reason;
  return { class: "private", reason: `depends on ${wayTo(through, cause)}`, through, cause };
}

function wayTo(through: readonly PrivacyLink[], cause: string): string {
  // A script and its run are the same package's: they are one step of the way.
  const steps = through.filter((link, at) => link.package !== through[at + 1]?.package);
  const last = through.at(-1);
  const kind = last === undefined ? undefined : SHOWN_KIND[last.kind];
  return `${steps.map((link) => link.package).join(" → ")} (${kind === undefined ? "" : `${kind}, `}${cause})`;
}

const SHOWN_KIND: Readonly<Partial<Record<PrivacyLink["kind"], string>>> = {
  "proc-macro": "proc-macro",
  "build-script": "build script",
  "build-script-run": "build script",
};
