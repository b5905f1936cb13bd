// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Writes a stand-in for rustc into `directory` that notes each crate it compiles, then runs the real one.
 * Probes are not noted: `-vV`, `--print`, `-`, `___`, calls without `--crate-name NAME`, and our own shim's compilation.
 * `hooks/NAME.before` and `hooks/NAME.after`, if they exist, run around the compilation of the crate NAME.
 */
export function writeCountingRustc(directory: string, rustupHome: string): { rustc: string; log: string } {
  const rustc = join(directory, "rustc");
  const log = join(directory, "compiled.log");
  const hooks = join(directory, "hooks");
  mkdirSync(hooks, { recursive: true });
  writeFileSync(log, "");
  writeFileSync(
    rustc,
    `#!/bin/sh
name= previous= probe=
for argument; do
  case $argument in --print | --print=* | -vV | -V | --version | -) probe=1 ;; esac
  [ "$previous" = --crate-name ] && name=$argument
  previous=$argument
done
real=${rustupHome}/toolchains/$RUSTUP_TOOLCHAIN/bin/rustc
[ -n "$RUSTUP_TOOLCHAIN" ] && [ -x "$real" ] || real=rustc
[ -n "$probe" ] || [ -z "$name" ] || [ "$name" = ___ ] || [ "$name" = cargo_green_shim ] && exec "$real" "$@"
echo "$name" >> '${log}'
[ -x '${hooks}'/"$name.before" ] && '${hooks}'/"$name.before"
[ -x '${hooks}'/"$name.after" ] || exec "$real" "$@"
"$real" "$@"
status=$?
'${hooks}'/"$name.after"
exit $status
`,
  );
  chmodSync(rustc, 0o755);
  return { rustc, log };
}
