// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, it } from "vitest";
import { parseBuildScriptOutput } from "../../src/cargo/build-script-output.ts";

describe("parseBuildScriptOutput", () => {
  it("reads both forms of directives, and rustc-flags", () => {
    const output = parseBuildScriptOutput(
      Buffer.from(
        [
          "chatter with cargo:rustc-cfg=no",
          "  cargo:rerun-if-changed=src/a b.c \r",
          "cargo::rerun-if-changed=/abs",
          "cargo:rerun-if-env-changed=CC",
          "cargo:rustc-flags=-l z -L native=/x -lm",
          "cargo::rustc-link-lib=static:+whole-archive=y",
          "cargo:rustc-link-search=/y",
          "cargo::metadata=include=/i=1",
          "cargo:root=/r",
          "cargo:nonsense",
        ].join("\n"),
      ),
    );
    expect(output).toEqual({
      directives: [
        { key: "rerun-if-changed", value: "src/a b.c", syntax: "old" },
        { key: "rerun-if-changed", value: "/abs", syntax: "new" },
        { key: "rerun-if-env-changed", value: "CC", syntax: "old" },
        { key: "rustc-flags", value: "-l z -L native=/x -lm", syntax: "old" },
        { key: "rustc-link-lib", value: "static:+whole-archive=y", syntax: "new" },
        { key: "rustc-link-search", value: "/y", syntax: "old" },
        { key: "metadata", value: "include=/i=1", syntax: "new" },
        { key: "root", value: "/r", syntax: "old" },
      ],
      rerunIfChanged: ["src/a b.c", "/abs"],
      rerunIfEnvChanged: ["CC"],
      linkLibs: ["z", "m", "static:+whole-archive=y"],
      linkSearch: ["native=/x", "/y"],
      declaresReruns: true,
    });
  });

  it("keeps every byte of a value and skips lines that are not UTF-8, as Cargo does", () => {
    const stdout = Buffer.concat([
      Buffer.from("cargo:rerun-if-changed=/voilà\n"),
      Buffer.from("cargo:rerun-if-changed=/\xff\n", "latin1"),
    ]);
    const { rerunIfChanged } = parseBuildScriptOutput(stdout);
    expect(rerunIfChanged.map((path) => Buffer.from(path, "latin1").toString())).toEqual(["/voilà"]);
  });

  it("declares nothing where only other directives are printed", () => {
    expect(parseBuildScriptOutput(Buffer.from("cargo:rustc-cfg=x\n")).declaresReruns).toBe(false);
  });
});
