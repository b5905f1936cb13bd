// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitIdentity } from "../unit/record.ts";
import type { ShimRequest } from "./protocol.ts";

/** As much as Cargo's variables tell of a unit that could not be planned. */
export function identityFromEnvironment(request: ShimRequest): UnitIdentity | undefined {
  const { env } = request;
  const name = env.get("CARGO_PKG_NAME");
  if (name === undefined) return undefined;
  return {
    package: name,
    version: env.get("CARGO_PKG_VERSION") ?? "",
    source: "path",
    target: env.get("CARGO_BIN_NAME") ?? env.get("CARGO_CRATE_NAME") ?? name,
    kind: kindFromEnvironment(request),
    features: [],
    triple: env.get("TARGET") ?? "",
    profile: "",
    rustc: "",
    mode: "build",
  };
}

function kindFromEnvironment({ env, role }: ShimRequest): UnitIdentity["kind"] {
  if (role === "build-script") return "build-script-run";
  if (env.has("CARGO_BIN_NAME")) return "bin";
  const isScript =
    env.get("CARGO_CRATE_NAME")?.startsWith("build_script_") && !env.has("CARGO_TARGET_TMPDIR");
  return isScript ? "build-script" : "lib";
}
