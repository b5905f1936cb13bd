// SPDX-License-Identifier: MIT OR Apache-2.0
//! What would run without us: a compiler or a build script, known by how we were called.

use crate::fail;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const SHIM_NAME: &str = "cargo-green-shim";
/// What follows a build script's name where its real executable lies; the stand-in has the name itself.
const REAL_SUFFIX: &str = ".green-real";
pub const SOCKET: &str = "CARGOGREEN_SOCKET";
pub const BYPASS: &str = "CARGOGREEN_BYPASS";
const WRAPPER_SETTING: &str = "CARGO_BUILD_RUSTC_WRAPPER";

/// What would run without us.
pub struct Unit {
    pub role: u8, // 0 rustc wrapper, 1 above a workspace wrapper, 2 build script
    pub argv: Vec<OsString>,
    pub called_as: Option<OsString>, // argv[0] of the real program, where that is not its path
    pub shim: Option<PathBuf>,       // the shim that was installed, not a copy of it
}

pub fn unit_of(args: Vec<OsString>) -> Unit {
    // argv[0] counts too: /proc may be missing, and the path of a program that was replaced is of no use.
    let called = args.first().map(PathBuf::from).filter(|path| path.components().nth(1).is_some());
    let paths: Vec<PathBuf> = env::current_exe().ok().into_iter().chain(called).collect();
    let installed = paths.iter().find(|path| is_shim(path.as_os_str())).cloned();
    let real = if installed.is_some() { None } else { paths.iter().find_map(|path| real_executable(path)) };
    if let Some(real) = real {
        let shim = [env::var_os("RUSTC_WRAPPER"), env::var_os(WRAPPER_SETTING)];
        let shim = shim.into_iter().flatten().find(|path| is_shim(path)).map(PathBuf::from);
        let mut argv = args;
        let called_as = argv.first().cloned();
        argv.splice(..1, [real.into_os_string()]);
        return Unit { role: 2, argv, called_as, shim };
    }
    if args.len() < 2 {
        let name = args.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        fail(127, &format!("{name}: the real executable ({REAL_SUFFIX}) is not beside this stand-in; rebuild the package"));
    }
    let wrapped = args.get(2).map_or(false, |arg| !arg.as_bytes().starts_with(b"-"))
        && !stem_begins(&args[1], "rustc")
        && (stem_begins(&args[2], "rustc") || stem_begins(&args[1], "clippy-driver"));
    Unit { role: wrapped as u8, argv: args.into_iter().skip(1).collect(), called_as: None, shim: installed }
}

/// The executable that a stand-in stands for. Cargo may link `build_script_build-HASH` to `build-script-build`.
fn real_executable(own: &Path) -> Option<PathBuf> {
    let name = own.file_name()?.to_str()?;
    let beside = own.with_file_name(format!("{name}{REAL_SUFFIX}"));
    if beside.is_file() {
        return Some(beside);
    }
    let prefix = name.replace('-', "_");
    let is_ours = |path: &PathBuf| {
        let stem = path.file_name().and_then(OsStr::to_str).and_then(|name| name.strip_suffix(REAL_SUFFIX));
        let rest = stem.and_then(|stem| stem.strip_prefix(&prefix));
        rest.map_or(false, |rest| rest.is_empty() || rest.starts_with('-'))
    };
    let entries = fs::read_dir(own.parent()?).ok()?.flatten();
    let found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_ours).collect();
    // Several in one directory: the one whose stand-in is linked to us.
    let linked = |real: &PathBuf| match (fs::metadata(real.with_extension("")), fs::metadata(own)) {
        (Ok(a), Ok(b)) => a.ino() == b.ino() && a.dev() == b.dev(),
        _ => false,
    };
    found.iter().find(|real| found.len() == 1 || linked(real)).cloned()
}

fn is_shim(path: &OsStr) -> bool {
    Path::new(path).file_name() == Some(OsStr::new(SHIM_NAME))
}

pub fn is_set(name: &str) -> bool {
    env::var_os(name).map_or(false, |value| !value.is_empty())
}

fn stem_begins(path: &OsStr, with: &str) -> bool {
    Path::new(path).file_stem().map_or(false, |stem| stem.as_bytes().starts_with(with.as_bytes()))
}

impl Unit {
    /// Probes, and build scripts that plain cargo runs, are nobody else's business.
    pub fn is_not_ours(&self) -> bool {
        if self.role == 2 {
            return self.shim.is_none() && !is_set(SOCKET);
        }
        let mut named = false;
        let mut previous: &[u8] = b"";
        for arg in self.argv.iter().skip(1).map(|arg| arg.as_bytes()) {
            match arg {
                b"-" | b"-vV" | b"-V" | b"--version" | b"--print" | b"--crate-name=___" => return true,
                b"___" if previous == b"--crate-name" => return true,
                b"--crate-name" => named = true,
                _ if arg.starts_with(b"--print=") => return true,
                _ if arg.starts_with(b"--crate-name=") || arg.starts_with(b"@") => named = true,
                _ => {}
            }
            previous = arg;
        }
        !named
    }

    /// The real program, or the one that the broker wants in its place.
    pub fn command(&self, other: &[OsString]) -> Command {
        let argv = if other.is_empty() { &self.argv } else { other };
        let mut command = Command::new(&argv[0]);
        command.args(&argv[1..]);
        if let (Some(name), true) = (&self.called_as, argv[0] == self.argv[0]) {
            command.arg0(name);
        }
        command
    }

    /// Becomes the real program. A build script below a broker is marked, as its compiler probes are not ours.
    pub fn exec(&self, asked: bool) -> ! {
        let mut command = self.command(&[]);
        if asked && self.role == 2 {
            mark(&mut command);
        }
        let error = command.exec();
        fail(127, &format!("cannot run {}: {error}", self.argv[0].to_string_lossy()))
    }
}

/// Makes every shim below this child exec the compiler at once.
pub fn mark(command: &mut Command) {
    command.env_remove(SOCKET).env(BYPASS, "1");
    if env::var_os(WRAPPER_SETTING).map_or(false, |path| is_shim(&path)) {
        command.env_remove(WRAPPER_SETTING);
    }
}
