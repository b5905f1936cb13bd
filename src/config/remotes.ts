// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import { parseAddress } from "../remote/address.ts";
import type { Config, RemoteConfig } from "./config.ts";
import type { Place } from "./kinds.ts";
import { nearestName } from "./nearest.ts";
import { fieldsOf } from "./table-fields.ts";

/** A remote, and what people call it. */
export interface NamedRemote extends RemoteConfig {
  /** Its name in the settings; else its address. */
  readonly name: string;
}

/** What an address begins with, well-formed or not; a name with a colon is looked up before. */
const ADDRESS = /^[a-z0-9+.-]+:/i;

/**
 * The remote that somebody means by `text`: a name of the settings, or an address. An address that the settings have is
 * that remote; of any other everything is as for a remote of which only the address is said, so it is public.
 * @param place what relative paths of layouts count from
 * @throws GreenError "usage" if there is no such name, or if something is wrong with the address
 */
export function remoteNamed(config: Config, text: string, place: Place): NamedRemote {
  const own = Object.hasOwn(config.remotes, text) ? config.remotes[text] : undefined;
  if (own !== undefined) return { name: text, ...own };
  if (!ADDRESS.test(text)) throw unknownName(config, text);
  const { url } = parseAddress(text, place);
  const known = allRemotes(config).find((remote) => remote.url === url);
  return known ?? { ...unsaid(url), name: url };
}

/** All remotes of the settings, the earliest source's first. */
export function allRemotes(config: Config): readonly NamedRemote[] {
  return Object.entries(config.remotes).map(([name, remote]) => ({ name, ...remote }));
}

function unsaid(url: string): RemoteConfig {
  const fields = fieldsOf("remotes").map(([name, { fallback }]) => [name, fallback] as const);
  // The fallback of each field is of its own type, and `url`, the only one without, is given.
  return { ...(Object.fromEntries(fields) as unknown as RemoteConfig), url };
}

function unknownName({ remotes }: Config, name: string): GreenError {
  const names = Object.keys(remotes);
  const near = nearestName(name, names);
  const some = names.length === 0 ? "add [remotes.NAME] to green.toml" : `there are ${names.join(", ")}`;
  return new GreenError("usage", `There is no remote "${name}"`, {
    hint:
      near === undefined ? `${some}, or write an address like oci://host/name` : `did you mean "${near}"?`,
  });
}
