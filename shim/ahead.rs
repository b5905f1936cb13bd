// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copies of large files, made while whoever will want them works out what else there is to do.

use crate::lay::is_unwritten;
use std::collections::{HashMap, VecDeque};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

/// So much is copied at once: whoever waits for a file helps with the rest of it.
const PART_BYTES: u64 = 16 << 20; // 16 MiB

/// Names that nothing but a copy which is not complete has (src/broker/replay/file-operations.ts).
const TEMPORARY: &[u8] = b".green-";

/// Copies, one after the other, in the order in which they were asked for. What nobody takes goes with this.
pub struct Ahead(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Told whenever there is something to copy, or a copy is done.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_running: bool,
    /// Sources, and where their copies will be.
    wanted: VecDeque<(PathBuf, PathBuf)>,
    underway: Option<Underway>,
    made: HashMap<PathBuf, Copy>,
}

struct Copy {
    path: PathBuf,
    /// The source, before it was copied.
    source: Metadata,
}

struct Underway {
    source: PathBuf,
    path: PathBuf,
    before: Metadata,
    /// Where the next part begins.
    next: u64,
    /// Parts that are being copied.
    parts: usize,
    has_failed: bool,
}

impl Ahead {
    pub fn new() -> Self {
        Ahead(Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() }))
    }

    pub fn begin(&self, source: &Path, path: &Path) {
        let mut state = self.0.state();
        state.wanted.push_back((source.to_owned(), path.to_owned()));
        if !state.is_running {
            let shared = self.0.clone();
            state.is_running = thread::Builder::new().spawn(move || shared.run()).is_ok();
        }
        self.0.changed.notify_all();
    }

    /// The copy of a source that is still what it was, and the caller's from now on. One that is underway is made with
    /// the caller's help; none that was not begun is made any more.
    pub fn take(&self, source: &Path, now: &Metadata) -> Option<PathBuf> {
        let mut state = self.0.state();
        state.wanted.retain(|(wanted, _)| wanted != source);
        if matches!(&state.underway, Some(underway) if underway.source == source) {
            state = self.0.copy_parts(state, source);
        }
        let copy = state.made.remove(source)?;
        if is_unwritten(&copy.source, now) && changes_of(&copy.source) == changes_of(now) {
            return Some(copy.path);
        }
        let _ = fs::remove_file(copy.path);
        None
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.wanted.clear();
        let made = state.made.drain().map(|(_, copy)| copy.path).collect::<Vec<_>>();
        let underway = state.underway.iter().map(|underway| underway.path.clone());
        // What is being written has no name any more, and ends with the process.
        for path in underway.chain(made) {
            let _ = fs::remove_file(path);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn run(&self) {
        yield_to_others();
        let mut state = self.state();
        loop {
            state = match state.wanted.pop_front() {
                None => self.wait(state),
                Some((source, path)) => match Underway::begin(source.clone(), path) {
                    Ok(underway) => {
                        state.underway = Some(underway);
                        self.copy_parts(state, &source)
                    }
                    Err(_) => state, // whoever wants it copies it, and says what is wrong
                },
            }
        }
    }

    /// Copies what is left of the file that is underway, with whoever else does, until all of it is there.
    fn copy_parts<'a>(&'a self, mut state: MutexGuard<'a, State>, file: &Path) -> MutexGuard<'a, State> {
        while let Some((source, path, at)) = state.underway.as_mut().and_then(Underway::next_part) {
            drop(state);
            let copied = copy_part(&source, &path, at);
            state = self.state();
            if let Some(underway) = &mut state.underway {
                underway.parts -= 1;
                underway.has_failed |= copied.is_err();
            }
        }
        // Whoever copies the last part ends it.
        if !matches!(&state.underway, Some(underway) if underway.parts == 0) {
            while matches!(&state.underway, Some(underway) if underway.source == file) {
                state = self.wait(state);
            }
            return state;
        }
        if let Some(Underway { source, path, before, has_failed, .. }) = state.underway.take() {
            if has_failed {
                let _ = fs::remove_file(path);
            } else {
                state.made.insert(source, Copy { path, source: before });
            }
            self.changed.notify_all();
        }
        state
    }
}

impl Underway {
    /// Its file has its name before anybody else can ask for it: whoever ends this removes it.
    fn begin(source: PathBuf, path: PathBuf) -> io::Result<Self> {
        let before = fs::metadata(&source)?;
        OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok(Underway { source, path, before, next: 0, parts: 0, has_failed: false })
    }

    fn next_part(&mut self) -> Option<(PathBuf, PathBuf, u64)> {
        if self.has_failed || self.next >= self.before.size() {
            return None;
        }
        let at = self.next;
        self.next += PART_BYTES;
        self.parts += 1;
        Some((self.source.clone(), self.path.clone(), at))
    }
}

fn copy_part(source: &Path, path: &Path, at: u64) -> io::Result<()> {
    let mut from = File::open(source)?;
    let mut to = OpenOptions::new().write(true).open(path)?;
    let wanted = from.metadata()?.size().saturating_sub(at).min(PART_BYTES);
    from.seek(SeekFrom::Start(at))?;
    to.seek(SeekFrom::Start(at))?;
    match io::copy(&mut from.take(PART_BYTES), &mut to)? {
        copied if copied == wanted => Ok(()),
        _ => Err(ErrorKind::UnexpectedEof.into()), // somebody writes to it
    }
}

/// Removes copies that somebody who was killed left beside a lock that is held now.
pub fn sweep(directory: Option<&Path>) {
    for entry in directory.and_then(|path| fs::read_dir(path).ok()).into_iter().flatten().flatten() {
        if entry.file_name().as_bytes().starts_with(TEMPORARY) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Makes this thread one that gets what processors the others leave (setpriority(2); threads have their own on Linux).
fn yield_to_others() {
    const PRIO_PROCESS: i32 = 0;
    const NICE: i32 = 10;
    extern "C" {
        fn setpriority(which: i32, who: u32, priority: i32) -> i32;
    }
    if cfg!(target_os = "linux") {
        unsafe { setpriority(PRIO_PROCESS, 0, NICE) };
    }
}

/// Changes also when the age of a file is set back after a write.
fn changes_of(file: &Metadata) -> (i64, i64) {
    (file.ctime(), file.ctime_nsec())
}
