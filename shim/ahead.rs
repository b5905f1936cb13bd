// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copies of large files, made while whoever will want them works out what else there is to do.

use crate::lay::is_unwritten;
use std::collections::{HashMap, VecDeque};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

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
    underway: Option<(PathBuf, PathBuf)>,
    made: HashMap<PathBuf, Copy>,
}

struct Copy {
    path: PathBuf,
    /// The source, before it was copied.
    source: Metadata,
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

    /// The copy of a source that is still what it was, and the caller's from now on. Waits for one that is underway;
    /// none that was not begun is made any more.
    pub fn take(&self, source: &Path, now: &Metadata) -> Option<PathBuf> {
        let mut state = self.0.state();
        state.wanted.retain(|(wanted, _)| wanted != source);
        while matches!(&state.underway, Some((underway, _)) if underway == source) {
            state = self.0.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
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
        let underway = state.underway.iter().map(|(_, path)| path.clone());
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

    fn run(&self) {
        yield_to_others();
        let mut state = self.state();
        loop {
            match state.wanted.pop_front() {
                None => state = self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner()),
                Some((source, path)) => {
                    // With its name first, and before anybody else can ask: whoever ends this removes it.
                    let begun = Begun::open(&source, &path);
                    state.underway = Some((source.clone(), path.clone()));
                    drop(state);
                    let copied = begun.and_then(Begun::copy);
                    state = self.state();
                    state.underway = None;
                    match copied {
                        Ok(before) => drop(state.made.insert(source, Copy { path, source: before })),
                        Err(_) => drop(fs::remove_file(path)), // whoever wants it copies it, and says what is wrong
                    }
                    self.changed.notify_all();
                }
            }
        }
    }
}

struct Begun {
    from: File,
    to: File,
    before: Metadata,
}

impl Begun {
    fn open(source: &Path, path: &Path) -> io::Result<Self> {
        let from = File::open(source)?;
        let before = from.metadata()?;
        let to = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Begun { from, to, before })
    }

    fn copy(mut self) -> io::Result<Metadata> {
        io::copy(&mut self.from, &mut self.to)?;
        Ok(self.before)
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
