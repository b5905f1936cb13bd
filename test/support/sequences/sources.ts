// SPDX-License-Identifier: MIT OR Apache-2.0
import { manifest } from "../projects.ts";

/**
 * The files of the project that sequences edit. Every file is a function of its variant, a small number that ends up
 * in what the program prints. Paths are relative to a checkout, which holds a workspace (`ws`) and a package outside.
 */
export interface Source {
  readonly path: string;
  /** Where it lies instead in variants with an odd number. */
  readonly moved?: string;
  /** How many variants there are. The last one may break the build: see `breaks`. */
  readonly variants: number;
  /** True if the last variant must make cargo fail. */
  readonly breaks?: true;
  /** The file's text; undefined if there is no file in this variant. `locks` has a lockfile per variant. */
  readonly text: (variant: number, locks: readonly string[]) => string | undefined;
}

/** A Rust source whose last variant, the third, does not compile. */
function rust(path: string, text: (variant: number) => string): Source {
  return {
    path,
    variants: 4,
    breaks: true,
    text: (variant) => (variant === 3 ? `${text(variant)}\nconst BROKEN: u8 = "broken";\n` : text(variant)),
  };
}

function words(path: string): Source {
  return { path, variants: 3, text: (variant) => `word${variant}\n` };
}

/** A compiler warning that says which variant it was that was compiled. */
function warning(name: string, variant: number): string {
  return `pub fn warns() { let ${name}_v${variant} = 0; }\n`;
}

const memberManifest = (name: string, rest: string, extra = "") =>
  manifest(name, rest).replace("\n\n", `\n${extra}\n`);

/** Everything that a sequence may edit, by a name for it. */
export const SOURCES = {
  alphaLib: rust(
    "ws/alpha/src/lib.rs",
    (variant) => `mod inner;
mod other;
include!(concat!(env!("OUT_DIR"), "/made.rs"));
${warning("alpha", variant)}
pub fn lines() -> Vec<String> {
    vec![
        "alpha.lib=v${variant}".into(),
        format!("alpha.inner={}", inner::INNER),
        format!("alpha.made={}", MADE),
        format!("alpha.about={}", env!("CARGO_PKG_DESCRIPTION")),
        format!("alpha.opt={}", option_env!("GREEN_OPT").unwrap_or("none")),
        format!("alpha.other={}", other::OTHER),
        format!("sprout={}", sprout::WORD),
    ]
}
#[test]
fn says() {
    for line in lines() { println!("\\nTEST {line}"); }
}
`,
  ),
  alphaInner: rust("ws/alpha/src/inner.rs", (variant) => `pub const INNER: &str = "v${variant}";\n`),
  alphaOther: {
    path: "ws/alpha/src/other.rs",
    moved: "ws/alpha/src/other/mod.rs",
    variants: 4,
    text: (variant) => `pub const OTHER: &str = "v${variant >> 1}";\n`,
  },
  alphaBuild: {
    path: "ws/alpha/build.rs",
    variants: 4,
    breaks: true,
    text: (variant) => `use std::{env, fs};
fn main() {
    println!("cargo::rerun-if-changed=input.txt");
    let here = env::var("CARGO_MANIFEST_DIR").unwrap();
    let out = env::var("OUT_DIR").unwrap();
    println!("cargo::rerun-if-changed={here}/list");
    let input = fs::read_to_string("input.txt").unwrap();
    let list = fs::read_dir("list").unwrap();
    let mut names: Vec<_> = list.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    ${variant === 3 ? `panic!("broken");` : ""}
    println!("cargo::metadata=directory={here}");
    println!("cargo::rustc-link-search=native={out}");
    let made = format!("pub const MADE: &str = \\"v${variant} {} {}\\";", input.trim(), names.join("+"));
    fs::write(format!("{out}/made.rs"), made).unwrap();
}
`,
  },
  alphaInput: words("ws/alpha/input.txt"),
  alphaListed: {
    path: "ws/alpha/list/sometimes.txt",
    variants: 2,
    text: (variant) => (variant === 0 ? undefined : ""),
  },
  alphaManifest: {
    path: "ws/alpha/Cargo.toml",
    variants: 2,
    text: (variant) =>
      memberManifest(
        "alpha",
        `[dependencies]\nsprout = "1"\n`,
        `links = "alpha"\ndescription = "about${variant}"\n`,
      ),
  },
  betaLib: rust(
    "ws/beta/src/lib.rs",
    (variant) => `pub fn lines() -> Vec<String> {
    let mut lines = alpha::lines();
    lines.push("beta.lib=v${variant}".into());
    lines.push(format!("beta.words={}", include_str!("../words.txt").trim()));
    lines.push(format!("beta.word={}", env!("BETA_WORD")));
    lines.push(format!("beta.loud={}", cfg!(beta_loud)));
    lines.push(format!("beta.alpha={}", env!("BETA_ALPHA")));
    lines.push(format!("beta.macro={}", macros::word!()));
    lines.push(format!("beta.notes={}", macros::notes!()));
    lines.push(format!("beta.table={}", option_env!("GREEN_TABLE").unwrap_or("none")));
    lines.push(format!("beta.fancy={}", cfg!(feature = "fancy")));
    lines
}
`,
  ),
  // Where the package has a symbolic link to: see `LINKS`.
  betaWords: words("ws/words.txt"),
  betaNotes: words("ws/beta/notes.txt"),
  gammaLib: rust(
    "ws/gamma/src/lib.rs",
    (variant) => `pub fn lines() -> Vec<String> {
    vec![
        "gamma.lib=v${variant}".into(),
        format!("gamma.words={}", include_str!("../../shared/words.txt").trim()),
        format!("gamma.data={}", env!("GAMMA_DATA")),
        format!("gamma.hidden={}", env!("GAMMA_HIDDEN")),
        format!("gamma.out={}", env!("OUT_DIR")),
        format!("distant={}", distant::WORD),
    ]
}
`,
  ),
  gammaData: words("ws/gamma/data.txt"),
  gammaWords: words("ws/shared/words.txt"),
  macrosLib: rust(
    "ws/macros/src/lib.rs",
    (variant) => `extern crate proc_macro;
use proc_macro::TokenStream;
#[proc_macro]
pub fn word(_: TokenStream) -> TokenStream {
    format!("{:?}", format!("v${variant} {}", leaf::word())).parse().unwrap()
}
/// Reads a file that nobody tells Cargo of.
#[proc_macro]
pub fn notes(_: TokenStream) -> TokenStream {
    let directory = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let notes = std::fs::read_to_string(format!("{directory}/notes.txt")).unwrap();
    format!("{:?}", notes.trim()).parse().unwrap()
}
`,
  ),
  appMain: rust(
    "ws/app/src/main.rs",
    (variant) => `${warning("app", variant)}
fn lines() -> Vec<String> {
    let mut lines = beta::lines();
    lines.extend(gamma::lines());
    lines.push("app.main=v${variant}".into());
    lines.push(format!("app.directory={}", env!("CARGO_MANIFEST_DIR")));
    lines.push(format!("app.flag={}", cfg!(green_flag)));
    lines.push(format!("app.debug={}", cfg!(debug_assertions)));
    lines.push(format!("outside={}", outside::word()));
    lines.push(format!("leaf={}", leaf::word()));
    lines
}
fn main() {
    warns();
    for line in lines() { println!("{line}"); }
}
#[test]
fn says() {
    for line in lines() { println!("\\nTEST {line}"); }
}
`,
  ),
  outsideLib: rust(
    "outside/src/lib.rs",
    (variant) => `${warning("outside", variant)}
pub fn word() -> String { format!("v${variant} {}", leaf::word()) }
`,
  ),
  workspaceManifest: {
    path: "ws/Cargo.toml",
    variants: 2,
    text: (variant) => `[workspace]
members = ["alpha", "beta", "gamma", "macros", "app"]
resolver = "2"
${variant === 0 ? "" : "[profile.dev]\ndebug-assertions = false\n"}`,
  },
  cargoConfig: {
    path: "ws/.cargo/config.toml",
    variants: 3,
    text: (variant) => (variant === 0 ? undefined : `[env]\nGREEN_TABLE = "table${variant}"\n`),
  },
  /** Variants: leaf 1.0.0 or 1.0.1, each with the first or the second commit of distant. */
  lock: { path: "ws/Cargo.lock", variants: 4, text: (variant, locks) => locks[variant] },
} as const satisfies Record<string, Source>;

export type SourceName = keyof typeof SOURCES;

export const SOURCE_NAMES = Object.keys(SOURCES) as SourceName[];

/** Symbolic links, with what they lead to. */
export const LINKS: Readonly<Record<string, string>> = { "ws/beta/words.txt": "../words.txt" };

/** Where a file lies; undefined if there is none in this variant. */
export function placeOf(source: Source, variant: number, locks: readonly string[]): string | undefined {
  if (source.text(variant, locks) === undefined) return undefined;
  return variant % 2 === 1 ? (source.moved ?? source.path) : source.path;
}

/** What is never edited, by path relative to a checkout; `upstream` is the URL of the git repository. */
export function fixedFiles(upstream: string): Readonly<Record<string, string>> {
  return {
    "ws/alpha/list/always.txt": "",
    "ws/beta/Cargo.toml": memberManifest(
      "beta",
      `[features]\nfancy = []\n[dependencies]\nalpha = { path = "../alpha" }\nmacros = { path = "../macros" }\n`,
    ),
    "ws/beta/build.rs": `fn main() {
    println!("cargo::rerun-if-env-changed=GREEN_WORD");
    println!("cargo::rustc-check-cfg=cfg(beta_loud)");
    let word = std::env::var("GREEN_WORD").unwrap_or("none".into());
    if word == "b" { println!("cargo::rustc-cfg=beta_loud"); }
    println!("cargo::rustc-env=BETA_WORD={word}");
    let input = format!("{}/input.txt", std::env::var("DEP_ALPHA_DIRECTORY").unwrap());
    println!("cargo::rustc-env=BETA_ALPHA={}", std::fs::read_to_string(input).unwrap().trim());
}
`,
    "ws/gamma/Cargo.toml": memberManifest("gamma", `[dependencies]\ndistant = { git = "${upstream}" }\n`),
    // Declares nothing, so Cargo runs it again when anything in the package is newer.
    "ws/gamma/build.rs": `fn main() {
    println!("cargo::rustc-env=GAMMA_DATA={}", std::fs::read_to_string("data.txt").unwrap().trim());
    println!("cargo::rustc-env=GAMMA_HIDDEN={}", std::env::var("GREEN_HIDDEN").unwrap_or("none".into()));
}
`,
    "ws/macros/Cargo.toml": memberManifest(
      "macros",
      `[lib]\nproc-macro = true\n[dependencies]\nleaf = "1"\n`,
    ),
    "ws/app/Cargo.toml": memberManifest(
      "app",
      `[features]
extra = ["beta/fancy", "leaf/loud"]
[dependencies]
beta = { path = "../beta" }
gamma = { path = "../gamma" }
outside = { path = "../../outside" }
leaf = "1"
[lints.rust]
unexpected_cfgs = { level = "allow" }
`,
    ),
    "outside/Cargo.toml": memberManifest("outside", `[dependencies]\nleaf = "1"\n`),
  };
}
