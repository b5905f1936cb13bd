// SPDX-License-Identifier: MIT OR Apache-2.0
//! A rustc that notes what it compiles, then becomes the real one. Where it runs is not known (a sandbox may hide
//! the log), so a note that does not reach the log goes into the directory that the outputs go to.
//! Compiled by hack/bench.d/counting.ts, which reads the notes.
use std::{env, ffi::OsStr, fs::OpenOptions, io::Write, os::unix::process::CommandExt, path::Path, process::Command};

const REAL: &str = env!("BENCH_REAL_RUSTC");
const LOG: &str = env!("BENCH_LOG");
const BESIDE: &str = env!("BENCH_BESIDE");

fn main() {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let text: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    if let Some((line, out_dir)) = describe(&text) {
        note(&line, out_dir);
    }
    let error = Command::new(REAL).args(&arguments).exec();
    eprintln!("{REAL}: {error}");
    std::process::exit(127);
}

/// What is compiled, as `KIND\tPACKAGE\tCRATE\tTYPES`, and where to; nothing for a probe. Cargo writes
/// `--crate-name NAME`; build scripts that try the compiler write it otherwise, or pass their program as `-`.
fn describe<'a>(arguments: &'a [impl AsRef<str>]) -> Option<(String, Option<&'a str>)> {
    let (mut name, mut emit, mut out_dir, mut types) = (None, "", None, Vec::new());
    let mut previous = "";
    for argument in arguments.iter().map(AsRef::as_ref) {
        match argument {
            "-" | "-vV" | "-V" | "--version" | "--print" => return None,
            _ if argument.starts_with("--print=") => return None,
            "--test" => types.push("test"),
            _ => {}
        }
        match previous {
            "--crate-name" => name = Some(argument),
            "--crate-type" => types.push(argument),
            "--out-dir" => out_dir = Some(argument),
            "--emit" => emit = argument,
            _ => {}
        }
        emit = argument.strip_prefix("--emit=").unwrap_or(emit);
        previous = argument;
    }
    let name = name.filter(|name| *name != "___" && *name != "cargo_green_shim")?;
    // Some caches ask the compiler for a unit's sources first.
    let kind = if emit.split(',').all(|kind| kind.starts_with("dep-info")) { "scan" } else { "compile" };
    let package = env::var("CARGO_PKG_NAME").unwrap_or_default();
    Some((format!("{kind}\t{package}\t{name}\t{}\n", types.join(",")), out_dir))
}

fn note(line: &str, out_dir: Option<&str>) {
    let beside = Path::new(out_dir.unwrap_or(".")).join(BESIDE);
    if append(LOG.as_ref(), line, false).is_err() && append(beside.as_os_str(), line, true).is_err() {
        eprintln!("The compilation could not be noted");
        std::process::exit(126);
    }
}

/// One write, so that lines of several processes do not mix.
fn append(path: &OsStr, line: &str, create: bool) -> std::io::Result<()> {
    OpenOptions::new().append(true).create(create).open(path)?.write_all(line.as_bytes())
}
