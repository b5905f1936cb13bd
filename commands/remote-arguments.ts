// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Config } from "../src/config/config.ts";
import { allRemotes, type NamedRemote, remoteNamed } from "../src/config/remotes.ts";
import { GreenError } from "../src/error.ts";

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
