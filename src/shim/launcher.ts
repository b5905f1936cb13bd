// SPDX-License-Identifier: MIT OR Apache-2.0
import { PROTOCOL_VERSION } from "../broker/protocol.ts";

/**
 * A POSIX sh program in the place of the native shim: executes probes itself, and starts Node for units.
 * Node cannot pass on what is not UTF-8, so such a unit goes to the compiler at once. Its variables have names that
 * nobody exports: an assignment to an exported one would reach the compiler.
 */
export function launcher(options: { readonly nodePath: string; readonly fallbackPath: string }): string {
  return `#!/bin/sh
# Made by cargo-green in place of its native shim, which could not be compiled here.
if [ "$1" = --green-version ]; then echo ${PROTOCOL_VERSION}; exit 0; fi
if [ -n "$CARGOGREEN_GRAPH" ]; then unset CARGOGREEN_GRAPH RUSTC_BOOTSTRAP; fi
if [ -n "$CARGOGREEN_BYPASS" ]; then exec "$@"; fi
green_node=${quote(options.nodePath)} green_shim=${quote(options.fallbackPath)}
green_unit= green_previous=
for green_argument in "$@"; do
  case "$green_previous $green_argument" in
    *' -' | *' -V' | *' -vV' | *' --version' | *' --print' | *' --print='*) exec "$@" ;;
    '--crate-name ___' | *' --crate-name=___') exec "$@" ;;
    *' --crate-name' | *' --crate-name='* | *' @'*) green_unit=1 ;;
  esac
  green_previous=$green_argument
done
if [ -z "$green_unit" ] || [ ! -x "$green_node" ] || [ ! -f "$green_shim" ]; then exec "$@"; fi
if { printf '%s\\n' "$@"; env; } | LC_ALL=C.UTF-8 grep -qaxv '.*'; then exec "$@"; fi
exec "$green_node" --no-warnings "$green_shim" "$0" "$@"
`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
