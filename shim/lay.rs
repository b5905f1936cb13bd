// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes, links and copies files as the broker says (docs/protocol.md, "For our own use"): beside a broker that works
//! out what comes next, and without what a runtime costs for every system call.

use crate::ahead::Ahead;
use crate::wire::Fields;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::raw::c_long;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::io::AsRawFd;
use std::path::Path;

const DIRECTORY: u8 = 1;
const WRITE: u8 = 2;
const PLACE: u8 = 3;
const AHEAD: u8 = 4;
const ROOTS: u8 = 5;
const EXPAND: u8 = 6;

/// What stands in a text where a place of this machine is to be: this, the place's name, and that.
const MARK: &[u8] = b"@@green:";
const END: &[u8] = b"@@";

/// What is said of a source that is not as it was left, or was written to meanwhile.
const CHANGED: &str = "changed";

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
    let ahead = Ahead::new();
    loop {
        let mut size = [0; 4];
        match from.read_exact(&mut size) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        }
        let mut batch = vec![0; u32::from_le_bytes(size) as usize];
        from.read_exact(&mut batch)?;
        let mut fields = Fields(&batch);
        let mut line = fields.u32()?.to_string();
        if let Err(error) = perform(&mut fields, &ahead, &mut line) {
            line.truncate(line.find(' ').unwrap_or(line.len()));
            line = format!("{line} !{}", error.to_string().replace('\n', " "));
        }
        line.push('\n');
        answer(&line);
    }
}

/// Adds what there is to say of each file that was placed.
fn perform<'a>(fields: &mut Fields<'a>, ahead: &Ahead, line: &mut String) -> io::Result<()> {
    let mut roots: Vec<(&'a [u8], &'a [u8])> = Vec::new();
    while !fields.0.is_empty() {
        match fields.take(1)?[0] {
            DIRECTORY => fs::create_dir_all(path_of(fields.bytes()?))?,
            WRITE => write(path_of(fields.bytes()?), fields.u64()?, fields.bytes()?)?,
            PLACE => report(&Source::read(fields)?.place(ahead)?, line),
            AHEAD => ahead.begin(path_of(fields.bytes()?), path_of(fields.bytes()?)),
            ROOTS => {
                roots.clear();
                for _ in 0..fields.u32()? {
                    roots.push((fields.bytes()?, fields.bytes()?));
                }
            }
            EXPAND => write(path_of(fields.bytes()?), fields.u64()?, &expand(fields.bytes()?, &roots)?)?,
            _ => return Err(ErrorKind::InvalidData.into()),
        }
    }
    Ok(())
}

/// A new file, in place of what has the name.
fn write(path: &Path, mtime: u64, bytes: &[u8]) -> io::Result<()> {
    let mut file = in_place_of_any(path, |path| OpenOptions::new().write(true).create_new(true).open(path))?;
    file.write_all(bytes)?;
    set_mtime(&file, mtime)
}

/// Puts places where their names are. A mark without a name stands for itself (`expandText` in src/cargo/roots.ts).
fn expand(text: &[u8], roots: &[(&[u8], &[u8])]) -> io::Result<Vec<u8>> {
    let mut expanded = Vec::with_capacity(2 * text.len());
    let mut rest = text;
    while let Some(at) = find(rest, MARK) {
        expanded.extend_from_slice(&rest[..at]);
        let marked = &rest[at + MARK.len()..];
        let name = marked.iter().take_while(|&&byte| byte.is_ascii_uppercase() || byte == b'_').count();
        let (name, after) = marked.split_at(name);
        rest = if !after.starts_with(END) {
            expanded.extend_from_slice(MARK);
            marked
        } else {
            expanded.extend_from_slice(match roots.iter().find(|(known, _)| *known == name) {
                _ if name.is_empty() => MARK,
                Some((_, place)) => place,
                None => {
                    let name = String::from_utf8_lossy(name);
                    return Err(io::Error::new(ErrorKind::NotFound, format!("no {name} here")));
                }
            });
            &after[END.len()..]
        };
    }
    expanded.extend_from_slice(rest);
    Ok(expanded)
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|&byte| byte == what[0]) {
        if text[from + at..].starts_with(what) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// Whether it is the source by another name, and the stat that says later whether the file is still the same.
fn report((is_link, file): &(bool, Metadata), line: &mut String) {
    let _ = write!(
        line,
        " {},{},{},{},{},{}",
        u8::from(*is_link),
        file.ino(),
        file.size(),
        nanoseconds(file.mtime(), file.mtime_nsec()),
        nanoseconds(file.ctime(), file.ctime_nsec()),
        file.nlink()
    );
}

fn nanoseconds(seconds: i64, rest: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(rest)
}

/// A file that gets a place: by another name, or as a copy with a mode and an age of its own.
struct Source<'a> {
    path: &'a Path,
    place: &'a Path,
    /// Of a copy, until it is complete.
    temporary: &'a Path,
    links: bool,
    mode: u32,
    mtime: u64,
    left: Option<Left>,
}

/// What is known of a file whose bytes are right: one with another stat may have others.
struct Left {
    size: u64,
    mtime: u64,
    ctime: u64,
    names: u64,
}

impl Left {
    /// A write shows in the mtime; who sets that back changes the ctime, and so does each name made or removed.
    fn fits(&self, file: &Metadata) -> bool {
        file.is_file()
            && file.size() == self.size
            && nanoseconds(file.mtime(), file.mtime_nsec()) == i128::from(self.mtime)
            && (nanoseconds(file.ctime(), file.ctime_nsec()) == i128::from(self.ctime)
                || file.nlink() != self.names)
    }
}

impl<'a> Source<'a> {
    fn read(fields: &mut Fields<'a>) -> io::Result<Self> {
        let place = path_of(fields.bytes()?);
        let (path, temporary) = (path_of(fields.bytes()?), path_of(fields.bytes()?));
        let flags = fields.take(1)?[0];
        let (mode, mtime) = (fields.u32()?, fields.u64()?);
        let mut left = None;
        if flags & 2 != 0 {
            let (size, mtime, ctime) = (fields.u64()?, fields.u64()?, fields.u64()?);
            left = Some(Left { size, mtime, ctime, names: fields.u64()? });
        }
        Ok(Source { path, place, temporary, links: flags & 1 != 0, mode, mtime, left })
    }

    fn place(&self, ahead: &Ahead) -> io::Result<(bool, Metadata)> {
        let changed = || io::Error::new(ErrorKind::Other, CHANGED);
        let before = fs::metadata(self.path).map_err(|error| match (&self.left, error.kind()) {
            (Some(_), ErrorKind::NotFound) => changed(),
            _ => error,
        })?;
        if matches!(&self.left, Some(left) if !left.fits(&before)) {
            return Err(changed());
        }
        let is_link = self.links && self.suits(&before)? && link(self.path, self.place)?;
        if !is_link {
            let made = ahead.take(self.path, &before);
            if !matches!(&made, Some(made) if self.finish(made).is_ok()) {
                in_place_of_any(self.temporary, |temporary| fs::copy(self.path, temporary))?;
                self.finish(self.temporary)?;
            }
        }
        let after = fs::metadata(self.path)?;
        if !is_unwritten(&before, &after) {
            return Err(changed());
        }
        Ok((is_link, if is_link { after } else { fs::symlink_metadata(self.place)? }))
    }

    /// Gives it the mode that its other name is to have; false if one that it has wants another.
    fn suits(&self, source: &Metadata) -> io::Result<bool> {
        if source.mode() & 0o777 == self.mode {
            return Ok(true);
        }
        if source.nlink() == 1 {
            fs::set_permissions(self.path, Permissions::from_mode(self.mode))?;
        }
        Ok(source.nlink() == 1)
    }

    /// A copy gets its name last: whoever is killed leaves nothing there that rustc could not replace, as stored files
    /// are read-only. (`fs::copy` clones where the file system can.)
    fn finish(&self, copy: &Path) -> io::Result<()> {
        let finish = || {
            fs::set_permissions(copy, Permissions::from_mode(self.mode))?;
            set_mtime(&File::open(copy)?, self.mtime)?;
            in_place_of_any(self.place, |place| fs::rename(copy, place))
        };
        finish().map_err(|error| {
            let _ = fs::remove_file(copy);
            error
        })
    }
}

/// The same bytes; other than the stat as a whole, which changes with each new name of the file.
pub fn is_unwritten(before: &Metadata, after: &Metadata) -> bool {
    let state = |file: &Metadata| (file.dev(), file.ino(), file.size(), file.mtime(), file.mtime_nsec());
    state(before) == state(after)
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
