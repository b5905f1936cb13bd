// SPDX-License-Identifier: MIT OR Apache-2.0
//! The conversation with the broker (docs/protocol.md).

use crate::broker::{connect, user_broker};
use crate::children::{catch, die_by, die_with_us, leave_as, signal, signal_child, wait};
use crate::children::{CANCELLED, CHILD, SIGHUP, SIGINT, SIGKILL, SIGNALLED, SIGTERM, SIG_DFL};
use crate::streams::{relay, write_all, Kept, Passed};
use crate::unit::{mark, Unit, SOCKET};
use crate::wire::{put_bytes, put_list, read_frame, write_frame, Fields};
use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{self, ExitStatus, Stdio};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{channel, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub const PROTOCOL: u16 = 2;
const REQUEST: u8 = 1;
const DONE: u8 = 2;
const EXEC: u8 = 16;
const RUN: u8 = 17;
const FINISH: u8 = 18;
const CANCEL: u8 = 19;
const HOLD: u8 = 1; // a flag of RUN
/// How long the rest of a killed child's output is waited for: a grandchild may hold the pipe.
const KILLED_PATIENCE: Duration = Duration::from_millis(500);

/// Returns if the real program is to run in our place: on EXEC, and on any failure before a child runs.
pub fn ask_broker(unit: &Unit) -> io::Result<()> {
    let mut request = Vec::with_capacity(16 << 10);
    request.extend(PROTOCOL.to_le_bytes());
    request.push(unit.role);
    put_bytes(&mut request, env::current_dir()?.as_os_str().as_bytes());
    put_list(&mut request, unit.argv.iter().map(|arg| arg.as_bytes().to_vec()).collect());
    let variables = env::vars_os().map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat());
    put_list(&mut request, variables.collect());

    let mut stream = match env::var_os(SOCKET).filter(|path| !path.is_empty()) {
        Some(path) => connect(Path::new(&path))?,
        None => user_broker(unit.shim.as_deref().ok_or(io::ErrorKind::NotFound)?)?,
    };
    write_frame(&mut stream, REQUEST, &request)?;
    let (kind, payload) = read_frame(&mut stream)?;
    match kind {
        FINISH => finish(&payload, None),
        RUN => run(unit, stream, payload),
        CANCEL => process::exit(130),
        EXEC => Ok(()),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Runs one child after the other, as told, and ends as the last one does. Fails if one cannot be started.
fn run(unit: &Unit, mut stream: UnixStream, mut order: Vec<u8>) -> io::Result<()> {
    let answers = watch(stream.try_clone()?)?;
    let passed = Arc::new(Mutex::new(Vec::new()));
    loop {
        let ended = run_child(unit, &order, &passed)?;
        let Ended { status, held, stdout, stderr } = &ended;
        let complete = stdout.complete && stderr.complete;
        let bytes = |kept: &Kept| if complete { kept.all.clone() } else { Vec::new() };
        let (stdout, stderr) = (bytes(stdout), bytes(stderr));
        let mut done = Vec::with_capacity(stdout.len() + stderr.len() + 16);
        done.push(status.signal().is_some() as u8);
        done.extend(status.signal().or(status.code()).unwrap_or(1).to_le_bytes());
        done.push(complete as u8);
        put_bytes(&mut done, &stdout);
        put_bytes(&mut done, &stderr);
        let sent = write_frame(&mut stream, DONE, &done);
        match answers.recv() {
            Ok((FINISH, payload)) if sent.is_ok() => {
                ended.release();
                let _ = finish(&payload, status.signal());
            }
            Ok((RUN, payload)) if sent.is_ok() && *held => {
                order = payload;
                continue;
            }
            // Nobody says what was to be done about it, so it never happened.
            _ if *held && complete && !status.success() => return Err(io::ErrorKind::BrokenPipe.into()),
            _ => ended.release(),
        }
        leave_as(*status)
    }
}

/// How a child ended; what it wrote may still be held back.
struct Ended {
    status: ExitStatus,
    held: bool,
    stdout: Kept,
    stderr: Kept,
}

impl Ended {
    fn release(&self) {
        write_all(1, &self.stdout.held);
        write_all(2, &self.stderr.held);
    }
}

/// Everything that can fail is done before the child is started.
fn run_child(unit: &Unit, order: &[u8], passed: &Passed) -> io::Result<Ended> {
    let mut fields = Fields(order);
    let held = fields.take(1)?[0] & HOLD != 0;
    let (argv, set, unset) = (fields.list()?, fields.list()?, fields.list()?);
    let mut command = unit.command(&argv);
    mark(&mut command);
    for name in &unset {
        command.env_remove(name);
    }
    for pair in &set {
        let at = pair.as_bytes().iter().position(|byte| *byte == b'=').ok_or(io::ErrorKind::InvalidData)?;
        command.env(OsStr::from_bytes(&pair.as_bytes()[..at]), OsStr::from_bytes(&pair.as_bytes()[at + 1..]));
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    die_with_us(&mut command);

    let (stdout_pipe, stdout_kept) = relay(1, held, passed)?;
    let (stderr_pipe, stderr_kept) = relay(2, held, passed)?;
    let caught: Vec<i32> = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|number| catch(*number)).collect();
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(_) if SIGNALLED.load(SeqCst) != 0 => die_by(SIGNALLED.load(SeqCst)),
        Err(error) => return Err(error), // exec puts the signals right
    };
    CHILD.store(child.id() as i32, SeqCst);
    if SIGNALLED.load(SeqCst) != 0 {
        signal_child(SIGNALLED.load(SeqCst)); // it came before there was a child to pass it on to
    }
    if CANCELLED.load(SeqCst) {
        signal_child(SIGKILL);
    }
    if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
        let _ = stdout_pipe.send(Box::new(stdout));
        let _ = stderr_pipe.send(Box::new(stderr));
    }
    let status = wait(&mut child);
    for number in caught {
        unsafe { signal(number, SIG_DFL) };
    }
    let killed = CANCELLED.load(SeqCst) || SIGNALLED.load(SeqCst) != 0;
    let kept = |from: Receiver<Kept>| {
        let kept = if killed { from.recv_timeout(KILLED_PATIENCE).ok() } else { from.recv().ok() };
        kept.unwrap_or_default()
    };
    let (stdout, stderr) = (kept(stdout_kept), kept(stderr_kept));
    if CANCELLED.load(SeqCst) {
        process::exit(130);
    }
    if SIGNALLED.load(SeqCst) != 0 {
        write_all(1, &stdout.held);
        write_all(2, &stderr.held);
        die_by(SIGNALLED.load(SeqCst));
    }
    Ok(Ended { status, held, stdout, stderr })
}

/// Writes what FINISH brings and exits, or dies as the child did. Fails if the payload makes no sense.
fn finish(payload: &[u8], killed_by: Option<i32>) -> io::Result<()> {
    let mut fields = Fields(payload);
    let (code, stdout, stderr) = (fields.u32()? as i32, fields.bytes()?, fields.bytes()?);
    write_all(1, stdout);
    write_all(2, stderr);
    killed_by.map_or_else(|| process::exit(code), |number| die_by(number))
}

/// A thread that passes on RUN and FINISH; CANCEL kills the child; nothing comes any more when the socket ends.
fn watch(mut stream: UnixStream) -> io::Result<Receiver<(u8, Vec<u8>)>> {
    let (answer, answers) = channel();
    thread::Builder::new().stack_size(256 << 10).spawn(move || loop {
        match read_frame(&mut stream) {
            Ok((kind @ (RUN | FINISH), payload)) => {
                if answer.send((kind, payload)).is_err() || kind == FINISH {
                    return;
                }
            }
            Ok((CANCEL, _)) => {
                CANCELLED.store(true, SeqCst); // before the child is looked for: `run_child` looks the other way round
                if !signal_child(SIGKILL) {
                    process::exit(130);
                }
                return;
            }
            _ => return,
        }
    })?;
    Ok(answers)
}
