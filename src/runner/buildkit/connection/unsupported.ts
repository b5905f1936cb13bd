// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../../error.ts";
import type { BuilderAt, BuilderPlace } from "./builder-place.ts";

/** A place that can be used from here. Throws GreenError "config", with the way out, for one that cannot. */
export function usable({ title, at }: BuilderPlace): Exclude<BuilderAt, { readonly driver: "unsupported" }> {
  if (at.driver !== "unsupported") return at;
  throw new GreenError("config", `${title} is in ${at.what}, which cannot be used from here`, {
    hint: "let a buildkitd there listen on TCP and name that, tcp://HOST:PORT, or choose another: `cargo green builder ls`",
  });
}
