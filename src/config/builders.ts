// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BuilderSettings } from "../runner/buildkit/connection/builder-entry.ts";
import type { ResolvedConfig } from "./resolve.ts";
import { formatOrigin } from "./source.ts";

/** What the settings in force say of builders. */
export function builderSettings({
  config,
  origins,
}: Pick<ResolvedConfig, "config" | "origins">): BuilderSettings {
  const { builder: value, builders } = config;
  const from = formatOrigin(origins.get("builder") ?? { kind: "default" });
  return { chosen: value === undefined ? undefined : { value, from }, builders };
}
