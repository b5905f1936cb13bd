// SPDX-License-Identifier: MIT OR Apache-2.0
//! The broker: the one whose socket we are told, or the per-user one, for a bare RUSTC_WRAPPER.

use crate::locks::try_lock;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
const START_RETRY: Duration = Duration::from_millis(5);
/// After a broker could not be started, how long no shim tries again.
const START_PAUSE: Duration = Duration::from_secs(30);

const F_SETFD: i32 = 2;
const FD_CLOEXEC: i32 = 1;

extern "C" {
    fn getuid() -> u32;
    fn setsid() -> i32;
    fn fcntl(fd: i32, command: i32, ...) -> i32;
}

/// Connects to the broker of this user and version; starts one if none answers.
pub fn user_broker(shim: &Path) -> io::Result<UnixStream> {
    let sidecar = fs::read(shim.with_file_name("broker"))?;
    let mut lines = sidecar.split(|byte| *byte == b'\n').map(OsStr::from_bytes);
    let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(io::ErrorKind::InvalidData);
    let (version, node, script) = (line()?, line()?, line()?);
    let directory = socket_directory()?;
    let named = |suffix: &str| OsString::from_vec([version.as_bytes(), suffix.as_bytes()].concat());
    let socket = directory.join(named(".sock"));
    if let Ok(stream) = connect(&socket) {
        return Ok(stream);
    }
    // One shim starts it, the others wait; the lock is the kernel's, so it cannot be left behind.
    let lock_path = directory.join(named(".lock"));
    let mut lock = fs::OpenOptions::new().write(true).create(true).truncate(false).open(lock_path)?;
    let mut broker: Option<Child> = None;
    let begun = Instant::now();
    while begun.elapsed() < CONNECT_PATIENCE {
        if broker.is_none() && try_lock(&lock) {
            if let Ok(stream) = connect(&socket) {
                return Ok(stream);
            }
            let last = lock.metadata()?; // not empty: the last start failed
            if last.len() > 0 && last.modified()?.elapsed().map_or(true, |age| age < START_PAUSE) {
                break;
            }
            lock.set_len(0)?;
            broker = Some(start_broker(node, script, &socket)?);
        }
        thread::sleep(START_RETRY);
        if let Ok(stream) = connect(&socket) {
            return Ok(stream);
        }
        if broker.as_mut().map_or(false, |broker| !matches!(broker.try_wait(), Ok(None))) {
            break;
        }
    }
    if broker.is_some() {
        lock.write_all(b"failed\n")?;
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// It takes over nothing of ours: no terminal, no descriptor (a jobserver's!), no directory, hardly any variable.
fn start_broker(node: &OsStr, script: &OsStr, socket: &Path) -> io::Result<Child> {
    let mut command = Command::new(node);
    command.arg(script).args(["broker", "--socket"]).arg(socket);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let wanted = |name: &OsStr| {
        name == "HOME" || name == "PATH" || name == "TMPDIR" || name.as_bytes().starts_with(b"XDG_")
    };
    command.current_dir("/").env_clear().envs(env::vars_os().filter(|(name, _)| wanted(name)));
    let detach = || {
        unsafe { setsid() };
        for fd in 3..1024 {
            unsafe { fcntl(fd, F_SETFD, FD_CLOEXEC) };
        }
        Ok(())
    };
    unsafe { command.pre_exec(detach) };
    command.spawn()
}

/// Same rule as src/broker/socket-directory.ts: ours alone, or not used.
fn socket_directory() -> io::Result<PathBuf> {
    let uid = unsafe { getuid() };
    let ours =
        |path: &Path| fs::symlink_metadata(path).ok().filter(|stat| stat.is_dir() && stat.uid() == uid);
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let directory = match runtime.filter(|path| path.is_absolute() && ours(path).is_some()) {
        Some(runtime) => runtime.join("cargo-green"),
        None => PathBuf::from(format!("/tmp/cargo-green-{uid}")),
    };
    let _ = fs::DirBuilder::new().mode(0o700).create(&directory);
    match ours(&directory) {
        Some(stat) if stat.mode() & 0o777 == 0o700 => Ok(directory),
        _ => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

/// `connect(2)` blocks while a busy broker's backlog is full; std has no timeout for it.
pub fn connect(path: &Path) -> io::Result<UnixStream> {
    let (result, results) = channel();
    let path = path.to_path_buf();
    let attempt = move || result.send(UnixStream::connect(path)).unwrap_or(());
    thread::Builder::new().stack_size(256 << 10).spawn(attempt)?;
    results.recv_timeout(CONNECT_PATIENCE).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
