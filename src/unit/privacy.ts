// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Binding, PackageSource, Privacy, SandboxNote, UnitIdentity } from "./record.ts";

/** What the class of a unit depends on. */
export interface PrivacyFacts {
  readonly source: PackageSource;
  /** True if a checksum or commit pins the sources. */
  readonly immutable: boolean;
  /** Direct dependencies, each with its own class. */
  readonly dependencies: readonly {
    readonly identity: Pick<UnitIdentity, "package" | "kind">;
    readonly privacy: Privacy;
  }[];
  /** Variables in the key that are neither Cargo's nor allow-listed. */
  readonly foreignEnv: readonly string[];
  /** How it was made. */
  readonly sandbox: Pick<SandboxNote, "mode" | "network">;
  /** Paths of this machine that stand in the outputs. */
  readonly bindings: readonly Binding[];
}

const SOURCE_REASON: Readonly<Record<PackageSource, string | undefined>> = {
  "crates-io": undefined,
  registry: "from a registry that is not listed as public",
  git: "from a git repository that is not listed as public",
  vendored: "vendored sources",
  path: "path package",
};

/**
 * Decides who may see a unit: private unless everything about it is known to be public.
 * The reason is the first that applies, the nearest cause first.
 */
export function decidePrivacy(facts: PrivacyFacts): Privacy {
  const source = SOURCE_REASON[facts.source];
  if (source !== undefined) return { class: "private", reason: source };
  if (!facts.immutable) return { class: "private", reason: "no checksum pins its sources" };
  const tainted = facts.dependencies.find(({ privacy }) => privacy.class === "private");
  if (tainted !== undefined) {
    const { identity, privacy } = tainted;
    const chain = identity.kind === "proc-macro" ? `proc-macro, ${privacy.reason}` : privacy.reason;
    return { class: "private", reason: `depends on ${identity.package} (${chain})` };
  }
  if (facts.sandbox.mode === "none") return { class: "private", reason: "made without a sandbox" };
  if (facts.sandbox.network) return { class: "private", reason: "made with access to the network" };
  const env = facts.foreignEnv[0];
  if (env !== undefined) return { class: "private", reason: `read the environment variable ${env}` };
  const binding = facts.bindings[0];
  if (binding !== undefined) {
    return { class: "private", reason: `its output contains the path of ${binding.root}` };
  }
  return { class: "public", reason: "crates.io, pinned by a checksum" };
}
