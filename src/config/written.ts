// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import { type Kind, nearestValue, type Place } from "./kinds.ts";
import { nearestName, nearestVariable } from "./nearest.ts";
import { SETTING_NAMES, SETTINGS, type SettingName, variableOf } from "./settings.ts";
import { type ConfigSource, type Found, type Origin, sourceOf } from "./source.ts";

/** Variables with our prefix that are no settings and that people set. */
const PUBLIC_VARIABLES = ["CARGOGREEN_PROFILE", "CARGOGREEN_NODE"];

/** All variables with our prefix that are no settings: also what the parts of the program tell each other. */
const OTHER_VARIABLES = new Set([...PUBLIC_VARIABLES, "CARGOGREEN_SOCKET", "CARGOGREEN_BYPASS"]);

/**
 * Variables of the earlier cargo-green that mean nothing here: they are passed over, so that an environment that was
 * made for it still works.
 */
const RETIRED_VARIABLES = new Set(
  ["LOG_PATH", "LOG_STYLE", "SYNTAX_IMAGE", "BUILDER_IMAGE", "FINAL_PATH", "FINAL_PATH_NONPRIMARY"]
    .concat(["EXPERIMENT"])
    .map((name) => `CARGOGREEN_${name}`),
);

/**
 * The environment as a source. A variable that is set to nothing counts as unset, as with XDG's.
 * @throws GreenError "config" for a bad value, and for a variable with our prefix that is no setting
 */
export function environmentSource(env: NodeJS.ProcessEnv, place: Place): ConfigSource {
  const values = new Map<SettingName, Found>();
  const ours = Object.keys(env).filter((variable) => variable.startsWith("CARGOGREEN_"));
  if (ours.length === 0) return sourceOf(values);
  const names = new Map(SETTING_NAMES.map((name) => [variableOf(name), name]));
  for (const variable of ours) {
    const name = names.get(variable);
    const text = env[variable];
    if (name === undefined) refuseUnknown(variable, names.keys());
    else if (text !== undefined && text !== "") {
      values.set(name, textValue(name, text, { kind: "variable", name: variable }, place));
    }
  }
  return sourceOf(values);
}

/**
 * `--green-config KEY=VALUE` flags as a source; the last of a key wins.
 * @throws GreenError "config"
 */
export function flagSource(flags: readonly string[], place: Place): ConfigSource {
  const values = new Map<SettingName, Found>();
  for (const flag of flags) {
    const at = flag.indexOf("=");
    const key = at < 0 ? flag : flag.slice(0, at);
    const name = SETTING_NAMES.find((each) => SETTINGS[each].key === key.trim());
    if (at < 0 || name === undefined) {
      const near = nearestName(
        key,
        SETTING_NAMES.map((each) => SETTINGS[each].key),
      );
      throw new GreenError("config", `--green-config ${flag}: "${key}" is no setting with a value`, {
        hint: near === undefined ? "write --green-config KEY=VALUE" : `write --green-config ${near}=VALUE`,
      });
    }
    const origin = { kind: "flag", name: `--green-config ${key}` } as const;
    values.set(name, textValue(name, flag.slice(at + 1), origin, place));
  }
  return sourceOf(values);
}

function textValue(
  name: SettingName,
  text: string,
  origin: Extract<Origin, { kind: "variable" | "flag" }>,
  place: Place,
): Found {
  const { kind } = SETTINGS[name];
  const value = parsed(kind, text, origin, place);
  if (value !== undefined) return { value, origin };
  const near = nearestValue(kind, text);
  const change = `change or ${origin.kind === "variable" ? "unset" : "remove"} ${origin.name}`;
  throw new GreenError("config", `${origin.name} is "${text}", which is not ${kind.wanted}`, {
    hint: near === undefined ? change : `did you mean "${near}"?`,
  });
}

function parsed(
  kind: Kind<unknown>,
  text: string,
  { name }: { readonly name: string },
  place: Place,
): unknown {
  try {
    return kind.fromText(text, place);
  } catch (thrown) {
    const { code, message, hint = `change ${name}` } = GreenError.from(thrown);
    throw new GreenError(code, `${name}: ${message}`, { hint, cause: thrown });
  }
}

function refuseUnknown(variable: string, names: Iterable<string>): void {
  if (OTHER_VARIABLES.has(variable) || RETIRED_VARIABLES.has(variable)) return;
  const near = nearestVariable(variable, [...names, ...PUBLIC_VARIABLES]);
  throw new GreenError("config", `The variable ${variable} is no setting`, {
    hint: near === undefined ? `unset ${variable}` : `did you mean ${near}?`,
  });
}
