// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes, links and copies files as the broker says (docs/protocol.md, "For our own use"): beside a broker that works
//! out what comes next, and without what a runtime costs for every system call.

use crate::wire::Fields;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::raw::c_long;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::io::AsRawFd;
use std::path::Path;

const DIRECTORY: u8 = 1;
const WRITE: u8 = 2;
const PLACE: u8 = 3;

/// Where there are no links, another file system, too many links, or a kernel that protects them: those are copied.
const EPERM: i32 = 1;
const EXDEV: i32 = 18;
const EMLINK: i32 = 31;
const ENOTSUP: i32 = if cfg!(target_os = "linux") { 95 } else { 45 };

#[repr(C)]
struct Timespec {
    seconds: c_long,
    nanoseconds: c_long,
}

extern "C" {
    fn futimens(fd: i32, times: *const Timespec) -> i32;
}

/// Does batches of operations in the order in which they come; the first failure ends a batch.
pub fn serve(from: &mut impl Read, mut answer: impl FnMut(&str)) -> io::Result<()> {
    loop {
        let mut size = [0; 4];
        match from.read_exact(&mut size) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        }
        let mut batch = vec![0; u32::from_le_bytes(size) as usize];
        from.read_exact(&mut batch)?;
        let mut fields = Fields(&batch);
        let number = fields.u32()?;
        match perform(&mut fields) {
            Ok(()) => answer(&format!("{number}\n")),
            Err(error) => answer(&format!("{number} {}\n", error.to_string().replace('\n', " "))),
        }
    }
}

fn perform(fields: &mut Fields) -> io::Result<()> {
    while !fields.0.is_empty() {
        let kind = fields.take(1)?[0];
        let path = path_of(fields.bytes()?);
        match kind {
            DIRECTORY => fs::create_dir_all(path)?,
            WRITE => {
                let mtime = fields.u64()?;
                let mut file =
                    in_place_of_any(path, |path| OpenOptions::new().write(true).create_new(true).open(path))?;
                file.write_all(fields.bytes()?)?;
                set_mtime(&file, mtime)?;
            }
            PLACE => {
                let (source, temporary) = (path_of(fields.bytes()?), path_of(fields.bytes()?));
                let links = fields.take(1)?[0] != 0;
                let (mode, mtime) = (fields.u32()?, fields.u64()?);
                if !links || !link(source, path)? {
                    copy(source, temporary, path, mode, mtime).map_err(|error| {
                        let _ = fs::remove_file(temporary);
                        error
                    })?;
                }
            }
            _ => return Err(ErrorKind::InvalidData.into()),
        }
    }
    Ok(())
}

fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// Makes the directory if there is none, and removes a file that has the name.
fn in_place_of_any<T>(path: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    for _ in 0..2 {
        match make(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => fs::remove_file(path)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(path.parent().unwrap_or(path))?
            }
            other => return other,
        }
    }
    make(path)
}

/// False if this file system does not do that.
fn link(source: &Path, path: &Path) -> io::Result<bool> {
    match in_place_of_any(path, |path| fs::hard_link(source, path)) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.raw_os_error(), Some(EPERM | EXDEV | EMLINK | ENOTSUP)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Gets its name last: whoever is killed leaves nothing there that rustc could not replace, as stored files are
/// read-only. (`fs::copy` clones where the file system can.)
fn copy(source: &Path, temporary: &Path, path: &Path, mode: u32, mtime: u64) -> io::Result<()> {
    in_place_of_any(temporary, |temporary| fs::copy(source, temporary))?;
    fs::set_permissions(temporary, Permissions::from_mode(mode))?;
    set_mtime(&File::open(temporary)?, mtime)?;
    fs::rename(temporary, path)
}

/// Nanoseconds since the epoch; 0 leaves it as it is.
fn set_mtime(file: &File, mtime: u64) -> io::Result<()> {
    if mtime == 0 {
        return Ok(());
    }
    let time = || Timespec {
        seconds: (mtime / 1_000_000_000) as c_long,
        nanoseconds: (mtime % 1_000_000_000) as c_long,
    };
    match unsafe { futimens(file.as_raw_fd(), [time(), time()].as_ptr()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
