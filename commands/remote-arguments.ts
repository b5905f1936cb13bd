// SPDX-License-Identifier: MIT OR Apache-2.0
import { Args } from "@oclif/core";
import type { Config } from "../src/config/config.ts";
import { allRemotes, type NamedRemote, remoteNamed } from "../src/config/remotes.ts";
import { GreenError } from "../src/error.ts";
import { refuseUnfitFlags, type UnfitFlags, unfitFlag } from "./unfit-flags.ts";

/** `[REMOTE]`, for commands that take nothing else. */
export const remoteArgument = {
  remote: Args.string({
    description: "A remote's name in the settings, or oci://HOST/NAME, s3://BUCKET, oci-layout:DIR",
  }),
};

const ADDRESS = /^(?:oci:\/\/|s3:\/\/|oci-layout:)/;

/** Remotes and selectors on one command line: an argument that is a configured remote's name, or an address, is a remote. */
export function splitRemotes(
  argv: readonly string[],
  config: Config,
): { readonly remotes: readonly NamedRemote[]; readonly selectors: readonly string[] } {
  const place = { directory: process.cwd(), home: process.env["HOME"] };
  const isRemote = (text: string) => Object.hasOwn(config.remotes, text) || ADDRESS.test(text);
  return {
    remotes: argv.filter(isRemote).map((text) => remoteNamed(config, text, place)),
    selectors: argv.filter((text) => !isRemote(text)),
  };
}

/**
 * The same, where there is one remote at most.
 * @throws GreenError "usage" if there are several
 */
export function splitRemote(
  argv: readonly unknown[],
  config: Config,
): { readonly remote: NamedRemote | undefined; readonly selectors: readonly string[] } {
  const { remotes, selectors } = splitRemotes(argv.map(String), config);
  const [remote, other] = remotes;
  if (other === undefined) return { remote, selectors };
  throw new GreenError("usage", `Several remotes are named: "${remote?.name}" and "${other.name}"`, {
    hint: "name one; a crate with the name of a remote is written as pkg:cargo/NAME",
  });
}

/** The remote that the only argument names, if there is one. Throws GreenError "usage" for what is no remote. */
export function onlyRemote(argument: string | undefined, config: Config): NamedRemote | undefined {
  if (argument === undefined) return undefined;
  return remoteNamed(config, argument, { directory: process.cwd(), home: process.env["HOME"] });
}

/** Selections that only the local cache can answer. */
const LOCAL: UnfitFlags = {
  where: "a remote",
  hints: {
    pinned: "only units of the local cache are pinned",
    unsandboxed: "`cache show` tells how a unit of a remote was made",
    "unused-since": "remotes do not tell when something was last pulled; `cache prune REMOTE` goes by age",
  },
  orders: ["used", "time"],
};

/** The error for a flag (without dashes) that needs the local cache. */
export function localOnly(flag: string, hint: string): GreenError {
  return unfitFlag(`--${flag}`, LOCAL.where, hint);
}

/** Refuses flags that make no sense for a remote. Throws GreenError "usage". */
export function refuseLocalFlags(flags: object): void {
  refuseUnfitFlags(flags, LOCAL);
}

/**
 * The remotes that were named, else all of the settings that this may be done with.
 * @throws GreenError "usage" if there are none
 */
export function remotesFor(
  what: "push" | "pull",
  named: readonly NamedRemote[],
  config: Config,
): readonly NamedRemote[] {
  const remotes = named.length > 0 ? named : allRemotes(config).filter((remote) => remote[what]);
  const refused = named.find((remote) => !remote[what]);
  if (refused !== undefined) {
    throw new GreenError(
      "usage",
      `The settings say that nothing is to be ${what}ed there: "${refused.name}"`,
      {
        hint: `remove \`${what} = false\` from [remotes.${refused.name}]`,
      },
    );
  }
  if (remotes.length > 0) return remotes;
  throw new GreenError("usage", `There is no remote to ${what} ${what === "push" ? "to" : "from"}`, {
    hint: "name one, like oci://host/name, or add [remotes.NAME] with its url to green.toml",
  });
}
