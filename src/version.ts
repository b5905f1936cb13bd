// SPDX-License-Identifier: MIT OR Apache-2.0
import manifest from "../package.json" with { type: "json" };

/** Version of cargo-green, e.g. `0.1.0`. */
export const VERSION: string = manifest.version;
