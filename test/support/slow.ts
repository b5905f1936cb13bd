// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, rmSync, writeFileSync } from "node:fs";
import type { Files } from "./files.ts";
import { until } from "./process.ts";
import { dependsOn, manifest } from "./projects.ts";
import type { Sandbox } from "./sandbox.ts";

/** A project whose compilation, or whose build script, waits inside until it is let go. */
export interface SlowProject {
  readonly directory: string;
  /** Makes the next compilation wait. */
  hold(): void;
  release(): void;
  /** Resolves when a held compilation has got to the point where it waits. */
  reached(): Promise<void>;
}

/** Rust that waits while the file `hold` is there, two minutes at most, having made the file `reached`. */
function wait(sandbox: Sandbox): string {
  return `let hold = std::path::Path::new("${sandbox.path("hold")}");
    if hold.exists() { std::fs::write("${sandbox.path("reached")}", "").unwrap(); }
    for _ in 0..6000 {
        if !hold.exists() { break; }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }`;
}

/** `where`: a rustc that waits in a proc-macro, or a build script that waits. The program prints `slow 42`. */
export function slowProject(sandbox: Sandbox, name: string, where: "rustc" | "build-script"): SlowProject {
  sandbox.publish({
    "Cargo.toml": manifest("slow", "[lib]\nproc-macro = true\n"),
    "src/lib.rs": `extern crate proc_macro;
#[proc_macro]
pub fn answer(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    ${where === "rustc" ? wait(sandbox) : ""}
    "42".parse().unwrap()
}
`,
  });
  sandbox.publish({
    "Cargo.toml": manifest("leaf", dependsOn("slow")),
    "build.rs": `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    std::fs::write(format!("{}/half", std::env::var("OUT_DIR").unwrap()), "half").unwrap();
    ${where === "build-script" ? wait(sandbox) : ""}
    std::fs::write(format!("{}/word", std::env::var("OUT_DIR").unwrap()), "slow").unwrap();
}
`,
    "src/lib.rs": `pub const WORD: &str = include_str!(concat!(env!("OUT_DIR"), "/word"));
pub const ANSWER: u8 = slow::answer!();
`,
  });
  const files: Files = {
    "Cargo.toml": manifest("app", dependsOn("leaf")),
    "src/main.rs": `fn main() { println!("{} {}", leaf::WORD, leaf::ANSWER); }\n`,
  };
  const directory = sandbox.project(name, files);
  const hold = sandbox.path("hold");
  const reached = sandbox.path("reached");
  return {
    directory,
    hold() {
      rmSync(reached, { force: true });
      writeFileSync(hold, "");
    },
    release: () => rmSync(hold, { force: true }),
    reached: () => until("the compilation waits", () => existsSync(reached)),
  };
}
