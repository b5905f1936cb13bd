// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitIdentity } from "../unit/record.ts";
import type { ShimRequest } from "./protocol.ts";

/** As much as Cargo's variables tell of a unit that could not be planned. */
export function identityFromEnvironment({ env, role }: ShimRequest): UnitIdentity | undefined {
  const name = env.get("CARGO_PKG_NAME");
  if (name === undefined) return undefined;
  return {
    package: name,
    version: env.get("CARGO_PKG_VERSION") ?? "",
    source: "path",
    target: env.get("CARGO_BIN_NAME") ?? env.get("CARGO_CRATE_NAME") ?? name,
    kind: role === "build-script" ? "build-script-run" : compiledKind(env),
    features: [],
    triple: env.get("TARGET") ?? "",
    profile: "",
    rustc: "",
    mode: "build",
  };
}

function compiledKind(env: ReadonlyMap<string, string>): UnitIdentity["kind"] {
  if (env.has("CARGO_BIN_NAME")) return "bin";
  return env.get("CARGO_CRATE_NAME")?.startsWith("build_script_") === true ? "build-script" : "lib";
}
