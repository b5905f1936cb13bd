// SPDX-License-Identifier: MIT OR Apache-2.0
//! cargo-green's shim: the program that Cargo starts instead of rustc, and instead of a build script.
//!
//! It asks the broker (docs/protocol.md) and does as told: runs the real program as its child, or writes what an
//! earlier run wrote. Whatever goes wrong before a child runs ends in `exec` of the real program with the same
//! arguments and environment, and nothing of ours is ever written to the compiler's streams.
//! Compiled by the user's own rustc: std only, no newer than Rust 1.63, which Debian 12 has.

use std::env;
use std::ffi::OsString;
use std::process;

mod ahead;
mod broker;
mod children;
mod conversation;
mod lay;
mod locks;
#[cfg(target_os = "linux")]
mod sandbox;
mod streams;
mod unit;
mod wire;

/// Set where Cargo is only asked something.
const GRAPH: &str = "CARGOGREEN_GRAPH";

fn main() {
    let args: Vec<OsString> = env::args_os().collect();
    match args.get(1).and_then(|arg| arg.to_str()) {
        Some("--green-version") => {
            return streams::write_all(1, format!("{}\n", conversation::PROTOCOL).as_bytes())
        }
        Some("--green-flock") => return locks::hold_locks(&args[2..]),
        #[cfg(target_os = "linux")]
        Some("--green-sandbox") => sandbox::run(&args[2..]),
        _ => {}
    }
    if unit::is_set(GRAPH) {
        // Cargo was given it to be asked something; the compiler must answer as it does without.
        env::remove_var(GRAPH);
        env::remove_var("RUSTC_BOOTSTRAP");
    }
    let unit = unit::unit_of(args);
    if unit::is_set(unit::BYPASS) || unit.is_not_ours() {
        unit.exec(false);
    }
    let _ = conversation::ask_broker(&unit); // returns if there is nothing better to do than
    unit.exec(true)
}

/// Only where there is no real program to run.
fn fail(code: i32, message: &str) -> ! {
    streams::write_all(2, format!("cargo-green: {message}\n").as_bytes());
    process::exit(code)
}
