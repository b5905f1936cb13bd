// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** What a `Cross.toml` says of one target. https://github.com/cross-rs/cross/blob/v0.2.5/docs/cross_toml.md */
export interface CrossTarget {
  readonly triple: string;
  /** Complete; undefined if it is not said. */
  readonly image: string | undefined;
  /** What runs before anything is built: commands, or the path of a script beside the file. */
  readonly preBuild: { readonly commands: readonly string[] } | { readonly script: string } | undefined;
  /** Names of variables that are passed on. */
  readonly passthrough: readonly string[];
  /** Variables that it gives values to. */
  readonly env: ReadonlyMap<string, string>;
}

/** Where cross has its own images, one a target. */
const OWN_IMAGES = "ghcr.io/cross-rs/";
const OWN_TAG = "main";

/**
 * What `Cross.toml` says of a target, in its own table and in `[build]`; undefined if that is nothing.
 * @param text of the file
 * @param file its path, for errors
 * @throws GreenError "config" for what is no TOML, or not what cross takes
 */
export async function readCrossTarget(
  text: string,
  file: string,
  triple: string,
): Promise<CrossTarget | undefined> {
  const root = await parseToml(text, file);
  const wrong = (key: string, wanted: string) =>
    new GreenError("config", `${file}: ${key} is not ${wanted}`, { hint: "write it as cross documents it" });
  const table = (parent: Table, key: string): Table => {
    const value = parent[key] ?? {};
    if (isTable(value)) return value;
    throw wrong(key, "a table");
  };
  const texts = (parent: Table, key: string): readonly string[] => {
    const value = parent[key] ?? [];
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
    throw wrong(key, "a list of texts");
  };
  const build = table(root, "build");
  const own = table(table(root, "target"), triple);
  const imageName = isTable(own["image"]) ? own["image"]["name"] : own["image"];
  if (imageName !== undefined && typeof imageName !== "string") throw wrong("image", "a text");
  // A target's commands stand in the place of those of all.
  const stage = own["pre-build"] === undefined ? build : own;
  const given = stage["pre-build"];
  const preBuild =
    given === undefined
      ? undefined
      : typeof given === "string"
        ? { script: given }
        : { commands: texts(stage, "pre-build") };
  const passed = [...texts(table(build, "env"), "passthrough"), ...texts(table(own, "env"), "passthrough")];
  const image = imageName === undefined ? undefined : completeImage(imageName, triple);
  if (image === undefined && preBuild === undefined && passed.length === 0) return undefined;
  const defined = passed.flatMap((each): [string, string][] => {
    const at = each.indexOf("=");
    return at < 0 ? [] : [[each.slice(0, at), each.slice(at + 1)]];
  });
  const passthrough = [...new Set(passed.filter((each) => !each.includes("=")))];
  return { triple, image, preBuild, passthrough, env: new Map(defined) };
}

/** `:edge`, `@sha256:…` and `-centos` are of cross's own image. */
function completeImage(name: string, triple: string): string {
  if (/^[:@]/.test(name)) return `${OWN_IMAGES}${triple}${name}`;
  return name.startsWith("-") ? `${OWN_IMAGES}${triple}:${OWN_TAG}${name}` : name;
}

/** What cross uses for a target if nobody says. */
export function crossImage(triple: string): string {
  return `${OWN_IMAGES}${triple}:${OWN_TAG}`;
}

type Table = Readonly<Record<string, unknown>>;

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function parseToml(text: string, file: string): Promise<Table> {
  const { parse } = await import("smol-toml");
  try {
    return parse(text);
  } catch (thrown) {
    const [line = ""] = GreenError.from(thrown).message.split("\n");
    throw new GreenError("config", `${file} is no TOML: ${line}`, { hint: "correct it", cause: thrown });
  }
}
