// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { nodeFiles } from "../../cargo/files.ts";
import { parseCargoInvocation } from "../../cargo/invocation.ts";
import { findLockfile, parseLockfile } from "../../cargo/lockfile.ts";
import { variablesOf } from "../../cargo/variables.ts";
import type { Config } from "../../config/config.ts";
import { allRemotes, type NamedRemote } from "../../config/remotes.ts";
import { GreenError } from "../../error.ts";
import type { PackMode, PackScope } from "../../remote/format/tag.ts";
import { digestOf } from "../../unit/digest.ts";
import { preKeyOf } from "../../unit/key.ts";
import type { UnitIdentity } from "../../unit/record.ts";
import { readCargoConfig } from "../replay/cargo-config.ts";
import type { Session } from "../session.ts";
import type { UnitPlan } from "../unit-plan.ts";
import { fetchSources } from "./fetch-sources.ts";
import { LazyFetch } from "./lazy-fetch.ts";
import { failureLine, OpenedRemotes } from "./opened-remotes.ts";
import { type SharedPackage, withMirror } from "./public-packages.ts";

/** Units that a remote was asked for, and when: editors build again and again what they do not have either. */
const ASKED = "remote-asked";
const ASKED_MS = 10 * 60_000; // 10 minutes
/** Remotes that did not answer, and when: the next build may begin a moment later. */
const OFF = "remote-off";
const OFF_MS = 60_000; // a minute

export interface BareShareContext {
  readonly config: Config;
  readonly project: string;
  readonly env: NodeJS.ProcessEnv;
  readonly session: Session;
  readonly now: () => number;
}

/**
 * What a build by a plain cargo takes from remotes. Nobody knows beforehand what such a build is made of, so they are
 * asked for each unit that the store lacks, as with `fetch = "lazy"`.
 */
export class BareShare {
  readonly #context: BareShareContext;
  readonly #remotes: OpenedRemotes;
  readonly #pulls: readonly NamedRemote[];
  readonly #packages: readonly SharedPackage[];
  /** By scope: what is compiled for this machine and for another has packs of its own. */
  readonly #fetches = new Map<string, Promise<LazyFetch>>();
  /** A remote that does not answer now may have it the next time. */
  #hasFailed = false;

  private constructor(
    context: BareShareContext,
    pulls: readonly NamedRemote[],
    packages: readonly SharedPackage[],
  ) {
    this.#context = context;
    this.#pulls = pulls;
    this.#packages = packages;
    const { env, project, session } = context;
    this.#remotes = new OpenedRemotes({ env, cwd: project, say: (line) => session.tell({ line }) });
  }

  /** Undefined where there is nothing to ask, or nobody. */
  static open(context: BareShareContext): BareShare | undefined {
    const { config, project, env } = context;
    const pulls = allRemotes(config).filter(({ pull }) => pull);
    if (pulls.length === 0 || config.fetch === "off") return undefined;
    const lockfile = findLockfile(project, nodeFiles("utf8"));
    if (lockfile === undefined) return undefined;
    const cargoConfig = readCargoConfig(parseCargoInvocation([]), project, env);
    const packages = withMirror(parseLockfile(readFileSync(lockfile, "utf8")), cargoConfig);
    return new BareShare(context, pulls, packages);
  }

  /** Resolves to true if results came that may be the unit's. Never rejects. */
  async fetch(plan: UnitPlan): Promise<boolean> {
    const { session, now } = this.#context;
    const key = digestOf([preKeyOf(plan.fixed), ...this.#pulls.map(({ url }) => url)].join("\n"));
    if (this.#isFresh(ASKED, key, ASKED_MS)) return false;
    try {
      const fetch = await this.#fetchFor(plan.identity);
      const came = await fetch.fetch(plan);
      if (!this.#hasFailed) session.store.remember(ASKED, key, String(now()));
      return came;
    } catch (thrown) {
      session.tell({ line: `goes on without remotes: ${GreenError.from(thrown).message}` });
      return false;
    }
  }

  close(): Promise<void> {
    return this.#remotes.close();
  }

  #fetchFor(identity: UnitIdentity): Promise<LazyFetch> {
    const name = JSON.stringify([identity.triple, identity.profile, modeOf(identity)]);
    const known = this.#fetches.get(name);
    if (known !== undefined) return known;
    const opened = this.#open(identity);
    this.#fetches.set(name, opened);
    return opened;
  }

  async #open(identity: UnitIdentity): Promise<LazyFetch> {
    const { config, env, session, now } = this.#context;
    const rustc = await session.toolchain(env["RUSTC"] ?? "rustc", variablesOf(env));
    const { triple, profile } = identity;
    const scope: PackScope = {
      ...{ rustc: rustc.release, rustcVersion: rustc.text },
      ...{ triple, profile, mode: modeOf(identity) },
    };
    const options = { scope, packages: this.#packages, lists: config };
    const pulls = this.#pulls.filter(({ url }) => !this.#isFresh(OFF, url, OFF_MS));
    return new LazyFetch(await fetchSources(pulls, this.#remotes, options), {
      ...options,
      ...{ store: session.store, now },
      onFailure: ({ remote }, thrown) => {
        this.#hasFailed = true;
        session.store.remember(OFF, remote.url, String(now()));
        session.tell({ line: failureLine(remote, thrown) });
      },
    });
  }

  /** True if that was noted no longer ago. */
  #isFresh(namespace: string, key: string, ms: number): boolean {
    const { session, now } = this.#context;
    const noted = session.store.memo(namespace, key);
    return noted !== undefined && now() - Number(noted) < ms;
  }
}

/** What Cargo was probably asked for; tests are compiled as builds are. */
function modeOf({ mode }: UnitIdentity): PackMode {
  return mode === "build" ? "build" : "check";
}
