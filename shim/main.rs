// SPDX-License-Identifier: MIT OR Apache-2.0
//! cargo-green's shim: the program that Cargo starts instead of rustc, and instead of a build script.
//!
//! It asks the broker (docs/protocol.md) and does as told: runs the real program as its child, or writes what an
//! earlier run wrote. Whatever goes wrong before a child runs ends in `exec` of the real program with the same
//! arguments and environment, and nothing of ours is ever written to the compiler's streams.
//! Compiled by the user's own rustc: std only, no newer than Rust 1.63, which Debian 12 has. The sandbox is in
//! sandbox.rs, what replay lays down in lay.rs.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::mem::ManuallyDrop;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::io::{AsRawFd, FromRawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

mod lay;
#[cfg(target_os = "linux")]
mod sandbox;

const PROTOCOL: u16 = 2;
const REQUEST: u8 = 1;
const DONE: u8 = 2;
const EXEC: u8 = 16;
const RUN: u8 = 17;
const FINISH: u8 = 18;
const CANCEL: u8 = 19;
const HOLD: u8 = 1; // a flag of RUN
const MAX_FRAME: usize = 64 << 20;
const MAX_STREAM: usize = 16 << 20; // what is kept of a stream; all of it is passed on

const SHIM_NAME: &str = "cargo-green-shim";
/// What follows a build script's name where its real executable lies; the stand-in has the name itself.
const REAL_SUFFIX: &str = ".green-real";
const SOCKET: &str = "CARGOGREEN_SOCKET";
const BYPASS: &str = "CARGOGREEN_BYPASS";
const GRAPH: &str = "CARGOGREEN_GRAPH";
const WRAPPER_SETTING: &str = "CARGO_BUILD_RUSTC_WRAPPER";

const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
const START_RETRY: Duration = Duration::from_millis(5);
/// After a broker could not be started, how long no shim tries again.
const START_PAUSE: Duration = Duration::from_secs(30);
/// How long the rest of a killed child's output is waited for: a grandchild may hold the pipe.
const KILLED_PATIENCE: Duration = Duration::from_millis(500);

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;
const SIG_DFL: usize = 0;
const SIG_IGN: usize = 1;
const LOCK_EX: i32 = 2;
const LOCK_NB: i32 = 4;
const F_SETFD: i32 = 2;
const FD_CLOEXEC: i32 = 1;
const P_PID: i32 = 1;
const WEXITED: i32 = 4;
const WNOWAIT: i32 = if cfg!(target_os = "linux") { 0x0100_0000 } else { 0x20 };

extern "C" {
    fn getuid() -> u32;
    fn kill(pid: i32, signal: i32) -> i32;
    fn signal(signal: i32, handler: usize) -> usize;
    fn setsid() -> i32;
    fn flock(fd: i32, operation: i32) -> i32;
    fn fcntl(fd: i32, command: i32, ...) -> i32;
    fn waitid(id_type: i32, id: u32, info: *mut u64, options: i32) -> i32;
}
#[cfg(target_os = "linux")]
extern "C" {
    fn getppid() -> i32;
    fn prctl(option: i32, ...) -> i32;
}

static CHILD: AtomicI32 = AtomicI32::new(0); // its pid while it must not be reaped, else 0
static SIGNALLED: AtomicI32 = AtomicI32::new(0);
static CANCELLED: AtomicBool = AtomicBool::new(false);

/// What would run without us.
struct Unit {
    role: u8, // 0 rustc wrapper, 1 above a workspace wrapper, 2 build script
    argv: Vec<OsString>,
    called_as: Option<OsString>, // argv[0] of the real program, where that is not its path
    shim: Option<PathBuf>,       // the shim that was installed, not a copy of it
}

fn main() {
    let args: Vec<OsString> = env::args_os().collect();
    match args.get(1).and_then(|arg| arg.to_str()) {
        Some("--green-version") => return write_all(1, format!("{}\n", PROTOCOL).as_bytes()),
        Some("--green-flock") => return hold_locks(&args[2..]),
        #[cfg(target_os = "linux")]
        Some("--green-sandbox") => sandbox::run(&args[2..]),
        _ => {}
    }
    if is_set(GRAPH) {
        // Cargo was given it to be asked something; the compiler must answer as it does without.
        env::remove_var(GRAPH);
        env::remove_var("RUSTC_BOOTSTRAP");
    }
    let unit = unit_of(args);
    if is_set(BYPASS) || unit.is_not_ours() {
        unit.exec(false);
    }
    let _ = ask_broker(&unit); // returns if there is nothing better to do than
    unit.exec(true)
}

// ---- who we are

fn unit_of(args: Vec<OsString>) -> Unit {
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

fn is_set(name: &str) -> bool {
    env::var_os(name).map_or(false, |value| !value.is_empty())
}

fn stem_begins(path: &OsStr, with: &str) -> bool {
    Path::new(path).file_stem().map_or(false, |stem| stem.as_bytes().starts_with(with.as_bytes()))
}

impl Unit {
    /// Probes, and build scripts that plain cargo runs, are nobody else's business.
    fn is_not_ours(&self) -> bool {
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
    fn command(&self, other: &[OsString]) -> Command {
        let argv = if other.is_empty() { &self.argv } else { other };
        let mut command = Command::new(&argv[0]);
        command.args(&argv[1..]);
        if let (Some(name), true) = (&self.called_as, argv[0] == self.argv[0]) {
            command.arg0(name);
        }
        command
    }

    /// Becomes the real program. A build script below a broker is marked, as its compiler probes are not ours.
    fn exec(&self, asked: bool) -> ! {
        let mut command = self.command(&[]);
        if asked && self.role == 2 {
            mark(&mut command);
        }
        let error = command.exec();
        fail(127, &format!("cannot run {}: {error}", self.argv[0].to_string_lossy()))
    }
}

/// Makes every shim below this child exec the compiler at once.
fn mark(command: &mut Command) {
    command.env_remove(SOCKET).env(BYPASS, "1");
    if env::var_os(WRAPPER_SETTING).map_or(false, |path| is_shim(&path)) {
        command.env_remove(WRAPPER_SETTING);
    }
}

// ---- the conversation

/// Returns if the real program is to run in our place: on EXEC, and on any failure before a child runs.
fn ask_broker(unit: &Unit) -> io::Result<()> {
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

type Pipe = Box<dyn Read + Send>;
/// The lines that were passed on although others were held back.
type Passed = Arc<Mutex<Vec<Vec<u8>>>>;

/// What came through a pipe.
#[derive(Default)]
struct Kept {
    all: Vec<u8>,
    complete: bool, // `all` is all of it
    held: Vec<u8>,  // what nobody has seen yet
}

/// A thread that copies a pipe, once it is sent one, to our own stdout or stderr, and keeps what it copied.
/// When we cannot write any more, the child cannot either: the pipe is closed.
fn relay(fd: i32, hold: bool, passed: &Passed) -> io::Result<(Sender<Pipe>, Receiver<Kept>)> {
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

// ---- children and signals

/// On a terminal ^C reaches the child anyway, but not a signal that was sent to us alone.
extern "C" fn on_signal(number: i32) {
    SIGNALLED.store(number, SeqCst);
    signal_child(number);
}

/// False if there is none.
fn signal_child(number: i32) -> bool {
    let child = CHILD.load(SeqCst);
    child > 0 && unsafe { kill(child, number) } == 0
}

/// False if the signal is ignored (nohup), which then holds for the child too.
fn catch(number: i32) -> bool {
    let handler: extern "C" fn(i32) = on_signal;
    let before = unsafe { signal(number, handler as usize) };
    if before == SIG_IGN {
        unsafe { signal(number, SIG_IGN) };
    }
    before != SIG_IGN
}

#[cfg(target_os = "linux")]
fn die_with_us(command: &mut Command) {
    const PR_SET_PDEATHSIG: i32 = 1;
    let us = process::id() as i32;
    let prepare = move || {
        // The signal is sent when the thread ends that made the child: the main thread.
        unsafe { prctl(PR_SET_PDEATHSIG, SIGKILL as usize, 0usize, 0usize, 0usize) };
        if unsafe { getppid() } == us {
            Ok(())
        } else {
            Err(io::ErrorKind::Interrupted.into())
        }
    };
    unsafe { command.pre_exec(prepare) };
}
#[cfg(not(target_os = "linux"))]
fn die_with_us(_: &mut Command) {}

/// Waits, and only lets the pid go after nobody can signal it any more.
fn wait(child: &mut Child) -> ExitStatus {
    let mut info = [0u64; 32]; // siginfo_t: 128 bytes on Linux, less elsewhere
    let id = child.id();
    while unsafe { waitid(P_PID, id, info.as_mut_ptr(), WEXITED | WNOWAIT) } != 0 {
        if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            break;
        }
    }
    CHILD.store(0, SeqCst);
    child.wait().unwrap_or_else(|_| ExitStatus::from_raw(1 << 8))
}

fn leave_as(status: ExitStatus) -> ! {
    match status.signal() {
        Some(number) => die_by(number),
        None => process::exit(status.code().unwrap_or(1)),
    }
}

fn die_by(number: i32) -> ! {
    #[cfg(target_os = "linux")]
    unsafe {
        const PR_SET_DUMPABLE: i32 = 4; // the child's core is the one of interest
        prctl(PR_SET_DUMPABLE, 0usize, 0usize, 0usize, 0usize);
    }
    unsafe {
        signal(number, SIG_DFL);
        kill(process::id() as i32, number);
    }
    thread::sleep(Duration::from_millis(100));
    process::exit(128 + number)
}

// ---- the per-user broker, for a bare RUSTC_WRAPPER

/// Connects to the broker of this user and version; starts one if none answers.
fn user_broker(shim: &Path) -> io::Result<UnixStream> {
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
        if broker.is_none() && unsafe { flock(lock.as_raw_fd(), LOCK_EX | LOCK_NB) } == 0 {
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
fn connect(path: &Path) -> io::Result<UnixStream> {
    let (result, results) = channel();
    let path = path.to_path_buf();
    let attempt = move || result.send(UnixStream::connect(path)).unwrap_or(());
    thread::Builder::new().stack_size(256 << 10).spawn(attempt)?;
    results.recv_timeout(CONNECT_PATIENCE).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// `--green-flock PATH…`: takes the locks in this order, says so, and lays down what stdin says until that ends.
fn hold_locks(paths: &[OsString]) {
    let mut held: Vec<File> = Vec::new();
    for path in paths {
        match lock_file(path) {
            Ok(file) => held.push(file),
            Err(error) => fail(1, &format!("{}: {error}", path.to_string_lossy())),
        }
    }
    write_all(1, if lease(&held) { b"ready leased\n" } else { b"ready\n" });
    let _ = lay::serve(&mut io::stdin().lock(), |line| write_all(1, line.as_bytes()));
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

// ---- bytes

/// A payload that is read from the front.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, size: usize) -> io::Result<&'a [u8]> {
        if size > self.0.len() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let (taken, rest) = self.0.split_at(size);
        self.0 = rest;
        Ok(taken)
    }
    fn u32(&mut self) -> io::Result<u32> {
        let taken = self.take(4)?;
        Ok(u32::from_le_bytes([taken[0], taken[1], taken[2], taken[3]]))
    }
    fn u64(&mut self) -> io::Result<u64> {
        Ok(u64::from(self.u32()?) | u64::from(self.u32()?) << 32)
    }
    fn bytes(&mut self) -> io::Result<&'a [u8]> {
        let size = self.u32()?;
        self.take(size as usize)
    }
    fn list(&mut self) -> io::Result<Vec<OsString>> {
        (0..self.u32()?).map(|_| Ok(OsString::from_vec(self.bytes()?.to_vec()))).collect()
    }
}

fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend((bytes.len() as u32).to_le_bytes());
    to.extend_from_slice(bytes);
}

fn put_list(to: &mut Vec<u8>, items: Vec<Vec<u8>>) {
    to.extend((items.len() as u32).to_le_bytes());
    items.iter().for_each(|item| put_bytes(to, item));
}

fn write_frame(stream: &mut UnixStream, kind: u8, payload: &[u8]) -> io::Result<()> {
    let mut head = (payload.len() as u32 + 1).to_le_bytes().to_vec();
    head.push(kind);
    stream.write_all(&[&head, payload].concat())
}

fn read_frame(stream: &mut UnixStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let size = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
    if size == 0 || size > MAX_FRAME {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut payload = vec![0; size - 1];
    stream.read_exact(&mut payload)?;
    Ok((head[4], payload))
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

fn write_all(fd: i32, bytes: &[u8]) {
    let _ = try_write(fd, bytes);
}

/// Only where there is no real program to run.
fn fail(code: i32, message: &str) -> ! {
    write_all(2, format!("cargo-green: {message}\n").as_bytes());
    process::exit(code)
}
