// SPDX-License-Identifier: MIT OR Apache-2.0
//! Our own stdout and stderr: what a child writes is passed on to them, or held back until somebody decides.

use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::ManuallyDrop;
use std::os::unix::io::FromRawFd;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const MAX_STREAM: usize = 16 << 20; // what is kept of a stream; all of it is passed on

pub type Pipe = Box<dyn Read + Send>;

/// The lines that were passed on although others were held back.
pub type Passed = Arc<Mutex<Vec<Vec<u8>>>>;

/// What came through a pipe.
#[derive(Default)]
pub struct Kept {
    pub all: Vec<u8>,
    pub complete: bool, // `all` is all of it
    pub held: Vec<u8>,  // what nobody has seen yet
}

/// A thread that copies a pipe, once it is sent one, to our own stdout or stderr, and keeps what it copied.
/// When we cannot write any more, the child cannot either: the pipe is closed.
pub fn relay(fd: i32, hold: bool, passed: &Passed) -> io::Result<(Sender<Pipe>, Receiver<Kept>)> {
    let (pipe, pipes) = channel::<Pipe>();
    let (result, results) = channel();
    let passed = passed.clone();
    thread::Builder::new().stack_size(256 << 10).spawn(move || {
        let mut from = match pipes.recv() {
            Ok(from) => from,
            Err(_) => return,
        };
        let mut kept = Kept { complete: true, ..Kept::default() };
        let by_line = fd == 2 && (hold || passed.lock().map_or(false, |lines| !lines.is_empty()));
        let (mut hold, mut line) = (hold, Vec::new());
        let mut buffer = vec![0; 64 << 10];
        loop {
            let size = match from.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Ok(0) => break,
                Ok(size) => size,
                Err(_) => 0,
            };
            if kept.complete && kept.all.len() + size > MAX_STREAM {
                // Too much to be held: what was, goes out.
                kept.complete = false;
                hold = false;
                write_all(fd, &std::mem::take(&mut kept.held));
            }
            let chunk = &buffer[..size];
            let written = match (by_line, hold) {
                (true, _) => pass_lines(fd, hold, &mut line, chunk, &mut kept.held, &passed),
                (false, true) => {
                    kept.held.extend_from_slice(chunk);
                    Ok(())
                }
                (false, false) => try_write(fd, chunk),
            };
            if size == 0 || written.is_err() {
                kept.complete = false;
                break;
            }
            if kept.complete {
                kept.all.extend_from_slice(chunk);
            }
        }
        drop(from);
        if hold {
            kept.held.append(&mut line);
        } else {
            write_all(fd, &line);
        }
        let _ = result.send(kept);
    })?;
    Ok((pipe, results))
}

/// Cargo must hear of finished artifacts at once, and only once; the other lines are held if so wished.
fn pass_lines(
    fd: i32,
    hold: bool,
    line: &mut Vec<u8>,
    chunk: &[u8],
    held: &mut Vec<u8>,
    passed: &Passed,
) -> io::Result<()> {
    let mut passed = passed.lock().map_err(|_| io::ErrorKind::Other)?;
    for part in chunk.split_inclusive(|byte| *byte == b'\n') {
        line.extend_from_slice(part);
        if !line.ends_with(b"\n") {
            break;
        }
        let whole = std::mem::take(line);
        if whole.starts_with(b"{\"$message_type\":\"artifact\"") || whole.starts_with(b"{\"artifact\":") {
            if !passed.contains(&whole) {
                try_write(fd, &whole)?;
                passed.push(whole);
            }
        } else if hold {
            held.extend_from_slice(&whole);
        } else {
            try_write(fd, &whole)?;
        }
    }
    Ok(())
}

/// To our own stdout or stderr, unbuffered; the descriptor stays open.
fn try_write(fd: i32, mut bytes: &[u8]) -> io::Result<()> {
    let mut to = ManuallyDrop::new(unsafe { File::from_raw_fd(fd) });
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(size) => bytes = &bytes[size..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(1))
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

pub fn write_all(fd: i32, bytes: &[u8]) {
    let _ = try_write(fd, bytes);
}
