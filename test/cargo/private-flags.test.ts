// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { parseBuildScriptOutput } from "../../src/cargo/build-script-output.ts";
import { privateArgument, privateRustflag } from "../../src/cargo/private-flags.ts";

/** As cargo 1.95 calls rustc for a crate of the registry with a build script: manifest, output directory, then the rest. */
const BEFORE =
  '--crate-name a --edition=2021 src/lib.rs --error-format=json --json=artifacts --crate-type lib --emit=dep-info,metadata,link -C opt-level=3 -C embed-bitcode=no --warn=acme::lint --check-cfg cfg(loom) --cfg feature="std" --check-cfg cfg(docsrs,test) -C metadata=88e2a047b834abe8 -C extra-filename=-54ba4c587b0d1b22 --out-dir /t/deps -C linker=clang -C strip=debuginfo -L dependency=/t/deps --extern b=/t/deps/libb.rmeta --cap-lints allow'.split(
    " ",
  );
const origins = { script: undefined, isShared: (path: string) => path.startsWith("/usr/") };
const withFlags = (...flags: string[]) => privateArgument([...BEFORE, ...flags], origins);

describe("privateArgument", () => {
  test("finds nothing in what Cargo writes by itself, from anybody's manifest", () => {
    expect(withFlags()).toBeUndefined();
  });

  test.each([
    "-C target-cpu=x86-64-v3",
    "-Ctarget-cpu=apple-m1",
    "-C target-feature=+crt-static,-avx2",
    "-C opt-level=3 -Cdebuginfo=line-tables-only -Cstrip=symbols -Clto=fat -Cpanic=abort",
    "-C codegen-units=16 -C embed-bitcode=yes -C relocation-model=pic -C force-frame-pointers=yes",
    "-C link-arg=-fuse-ld=mold -Clink-args=-Wl,--gc-sections",
    "-C linker=aarch64-linux-gnu-gcc -C linker=/usr/bin/clang -L /usr/lib",
    "-g -O -D warnings -Aunused -D unused-must-use",
  ])("takes %s for everybody's", (flags) => {
    expect(withFlags(...flags.split(" "))).toBeUndefined();
  });

  test.each([
    "--cfg acme",
    '--cfg feature="acme"',
    "--check-cfg cfg(acme)",
    "-C target-cpu=acme-one",
    "-C target-feature=+acme",
    "-C llvm-args=-acme",
    "-C metadata=acme",
    "-C opt-level=/home/acme",
    "-C profile-use=/acme.profdata",
    "-Zunstable-acme",
    "-W acme_lint",
    "-l acme",
    "--sysroot /acme",
    "--remap-path-prefix=/home/acme=/",
    "--acme-unknown",
    "--env-set A=acme",
  ])("takes %s for somebody's", (flags) => {
    expect(withFlags(...flags.split(" "))).toMatch(
      /^compiled with (RUSTFLAGS of your own \(.*acme|arguments that)/,
    );
  });

  test.each([
    ["-L /opt/acme/lib", "linked with a directory of your own (/opt/acme/lib)"],
    ["-Lnative=acme", "linked with a directory of your own (acme)"],
    ["-C linker=/opt/acme/cc", "linked by a linker of your own (/opt/acme/cc)"],
    ["-Clinker=acme-cc", "linked by a linker of your own (acme-cc)"],
    ["-C link-arg=-T/acme.x", "linked with arguments of your own (-T/acme.x)"],
    ["-Zpre-link-args=-lacme", "compiled with RUSTFLAGS of your own (-Zpre-link-args=-lacme)"],
  ])("says what of the linking is somebody's: %s", (flags, reason) => {
    expect(withFlags(...flags.split(" "))).toBe(reason);
  });

  test("knows the package's build script's words from the user's", () => {
    const said =
      "cargo:rustc-cfg=fast\ncargo::rustc-check-cfg=cfg(fast)\ncargo:rustc-link-lib=static=z\ncargo:rustc-link-arg-bin=a=-Wl,-x\n";
    const script = parseBuildScriptOutput(Buffer.from(said));
    const of = (...more: string[]) => privateArgument([...BEFORE, ...more], { ...origins, script });
    const own = ["--cfg", "fast", "--check-cfg", "cfg(fast)", "-l", "static=z", "-C", "link-arg=-Wl,-x"];
    expect(of(...own)).toBeUndefined();
    expect(withFlags(...own)).toBeDefined();
    expect(of(...own, "--cfg", "faster")).toContain("--cfg faster");
    expect(of("-l", "z")).toContain("-l z");
  });
});

test("RUSTFLAGS as build scripts get them are judged alike", () => {
  expect(privateRustflag("", origins.isShared)).toBeUndefined();
  expect(privateRustflag("-C\x1ftarget-cpu=x86-64-v2\x1f-Copt-level=3", origins.isShared)).toBeUndefined();
  expect(privateRustflag("-C\x1fopt-level=3\x1f--cfg\x1facme", origins.isShared)).toContain("--cfg acme");
  expect(privateRustflag('--cfg\x1ffeature="acme"', origins.isShared)).toContain("acme");
});
