// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cargo's locks on its directories, held by the kernel: they end with the process.

#[cfg(target_os = "linux")]
use crate::children::{signal, SIG_IGN};
use crate::streams::write_all;
use crate::{ahead, fail, lay};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::io::AsRawFd;
use std::path::Path;

const LOCK_EX: i32 = 2;
const LOCK_NB: i32 = 4;

extern "C" {
    fn flock(fd: i32, operation: i32) -> i32;
}
#[cfg(target_os = "linux")]
extern "C" {
    fn fcntl(fd: i32, command: i32, ...) -> i32;
}

/// `--green-flock PATH…`: takes the locks in this order, says so, and lays down what stdin says until that ends.
pub fn hold_locks(paths: &[OsString]) {
    let mut held: Vec<File> = Vec::new();
    for path in paths {
        match lock_file(path) {
            Ok(file) => held.push(file),
            Err(error) => fail(1, &format!("{}: {error}", path.to_string_lossy())),
        }
    }
    paths.iter().for_each(|path| ahead::sweep(Path::new(path).parent()));
    write_all(1, if lease(&held) { b"ready leased\n" } else { b"ready\n" });
    let _ = lay::serve(&mut io::stdin().lock(), |line| write_all(1, line.as_bytes()));
}

/// False if somebody else has it.
pub fn try_lock(file: &File) -> bool {
    unsafe { flock(file.as_raw_fd(), LOCK_EX | LOCK_NB) == 0 }
}

/// Waits for the lock; it ends with the file.
fn lock_file(path: &OsStr) -> io::Result<File> {
    let file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    while unsafe { flock(file.as_raw_fd(), LOCK_EX) } != 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    Ok(file)
}

/// Lets nobody open these until they are closed here, so that whoever comes for a lock waits in `open(2)` and has nothing
/// to say about it (fcntl(2), "Leases"). False where that cannot be had: another system or file system, or one of them is
/// open elsewhere. A lease may be taken away after 45 s; the locks cannot.
#[cfg(target_os = "linux")]
fn lease(files: &[File]) -> bool {
    const SIGIO: i32 = 29;
    const F_SETLEASE: i32 = 1024;
    const F_WRLCK: i32 = 1;
    const F_UNLCK: i32 = 2;
    unsafe { signal(SIGIO, SIG_IGN) }; // somebody waits, which is what they are for
    let set = |file: &File, kind: i32| unsafe { fcntl(file.as_raw_fd(), F_SETLEASE, kind) } == 0;
    let all = files.iter().all(|file| set(file, F_WRLCK));
    for file in files.iter().filter(|_| !all) {
        set(file, F_UNLCK);
    }
    all
}

#[cfg(not(target_os = "linux"))]
fn lease(_files: &[File]) -> bool {
    false
}
