// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo-green-shim --green-sandbox WORD… -- PROGRAM ARG…`: runs a program that sees only what it is shown.
//!
//! The words, in this order of effect: `ro PATH`, `rw PATH`, `tmpfs PATH`, `symlink TARGET PATH`, `network`, `argv0 NAME`,
//! `cwd PATH`. Parents come before what lies below them; a PATH that is not there is left out.
//! Everything else is an empty read-only root with /proc, a small /dev, its own process ids, and a network of `lo` alone.
//! Uses unshare(2), mounts and pivot_root(2), as the superuser without and as anybody else with a user namespace in
//! which the user keeps his numbers. Needs Linux 5.12 (mount_setattr). If it cannot be set up: a line and status 125.

use std::env;
use std::ffi::{CString, OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::ptr::null;
use std::sync::atomic::Ordering::SeqCst;

use crate::children::{catch, die_by, signal_child, CHILD, SIGHUP, SIGINT, SIGKILL, SIGNALLED, SIGTERM};
use crate::fail;

/// What `env`, `chroot` and docker exit with if they themselves fail.
const SETUP_FAILED: i32 = 125;

const CLONE_NEWNS: i32 = 0x0002_0000;
const CLONE_NEWIPC: i32 = 0x0800_0000;
const CLONE_NEWUSER: i32 = 0x1000_0000;
const CLONE_NEWPID: i32 = 0x2000_0000;
const CLONE_NEWNET: i32 = 0x4000_0000;
const MS_NOSUID: usize = 2;
const MS_NODEV: usize = 4;
const MS_NOEXEC: usize = 8;
const MS_BIND: usize = 4096;
const MS_REC: usize = 16384;
const MS_PRIVATE: usize = 1 << 18;
const MNT_DETACH: i32 = 2;
const AT_FDCWD: i32 = -100;
const AT_RECURSIVE: u32 = 0x8000;
const MOUNT_ATTR_RDONLY: u64 = 1;
const PR_SET_PDEATHSIG: i32 = 1;
const PR_CAPBSET_DROP: i32 = 24;
const PR_SET_NO_NEW_PRIVS: i32 = 38;
/// CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, KILL, SETGID, SETUID: what root is used to with its own files.
const KEPT_CAPABILITIES: std::ops::Range<usize> = 0..8;
const LAST_CAPABILITY: usize = 63;
const SYS_MOUNT_SETATTR: isize = 442; // the same everywhere
const SYS_PIVOT_ROOT: isize = if cfg!(target_arch = "x86_64") {
    155
} else if cfg!(any(target_arch = "x86", target_arch = "s390x")) {
    217
} else if cfg!(target_arch = "arm") {
    218
} else if cfg!(any(target_arch = "powerpc", target_arch = "powerpc64")) {
    203
} else {
    41 // aarch64, riscv64, loongarch64
};
const AF_INET: i32 = 2;
const SOCK_DGRAM: i32 = 2;
const SIOCSIFFLAGS: usize = 0x8914;
const IFF_UP: u8 = 1;

extern "C" {
    fn fork() -> i32;
    fn geteuid() -> u32;
    fn getegid() -> u32;
    fn ioctl(fd: i32, request: usize, ...) -> i32;
    fn mount(source: *const i8, target: *const i8, kind: *const i8, flags: usize, data: *const i8) -> i32;
    fn pipe(fds: *mut i32) -> i32;
    fn prctl(option: i32, ...) -> i32;
    fn read(fd: i32, to: *mut u8, size: usize) -> isize;
    fn socket(domain: i32, kind: i32, protocol: i32) -> i32;
    fn syscall(number: isize, ...) -> isize;
    fn umount2(target: *const i8, flags: i32) -> i32;
    fn unshare(flags: i32) -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn write(fd: i32, from: *const u8, size: usize) -> isize;
}

/// What is to be seen, and what is to be run.
struct Spec<'a> {
    mounts: Vec<(&'a str, &'a OsStr, &'a OsStr)>, // kind, target of a symlink, path
    network: bool,
    argv0: Option<&'a OsStr>,
    cwd: &'a OsStr,
    command: &'a [OsString],
}

/// Ends as the program does.
pub fn run(words: &[OsString]) -> ! {
    let spec = parse(words).unwrap_or_else(|| fail(2, "--green-sandbox: malformed arguments"));
    let mut ends = [0; 2];
    let separated = separate(spec.network).and_then(|()| check(unsafe { pipe(ends.as_mut_ptr()) }));
    if let Err(error) = separated {
        give_up("namespaces", &error);
    }
    for number in [SIGHUP, SIGINT, SIGTERM] {
        catch(number);
    }
    unsafe { prctl(PR_SET_PDEATHSIG, SIGKILL as usize, 0usize, 0usize, 0usize) };
    // There is one thread, so the child may do as it likes.
    match unsafe { fork() } {
        -1 => give_up("fork", &io::Error::last_os_error()),
        0 => init(&spec, ends[1]),
        child => leave_like(child, ends),
    }
}

fn parse(words: &[OsString]) -> Option<Spec<'_>> {
    let mut spec =
        Spec { mounts: Vec::new(), network: false, argv0: None, cwd: OsStr::new("/"), command: &[] };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let kind = word.to_str()?;
        match kind {
            "ro" | "rw" | "tmpfs" => spec.mounts.push((kind, OsStr::new(""), rest.next()?)),
            "symlink" => spec.mounts.push((kind, rest.next()?, rest.next()?)),
            "network" => spec.network = true,
            "argv0" => spec.argv0 = Some(rest.next()?),
            "cwd" => spec.cwd = rest.next()?,
            "--" => {
                spec.command = rest.as_slice();
                return if spec.command.is_empty() { None } else { Some(spec) };
            }
            _ => return None,
        }
    }
    None
}

/// The superuser keeps his rights over everybody's files that way; in a container he may not be allowed to.
fn separate(network: bool) -> io::Result<()> {
    let flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | if network { 0 } else { CLONE_NEWNET };
    let (user, group) = unsafe { (geteuid(), getegid()) };
    if user == 0 && unsafe { unshare(flags) } == 0 {
        return Ok(());
    }
    check(unsafe { unshare(flags | CLONE_NEWUSER) })?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))
}

/// The process outside: passes signals on, and ends as the program did.
fn leave_like(init: i32, [status_end, init_end]: [i32; 2]) -> ! {
    CHILD.store(init, SeqCst);
    if SIGNALLED.load(SeqCst) != 0 {
        signal_child(SIGNALLED.load(SeqCst));
    }
    drop_fd(init_end);
    let mut status = [0; 4];
    let size = retry(|| unsafe { read(status_end, status.as_mut_ptr(), 4) });
    retry(|| unsafe { waitpid(init, &mut 0, 0) } as isize);
    CHILD.store(0, SeqCst);
    if size != 4 {
        process::exit(SETUP_FAILED);
    }
    let status = i32::from_ne_bytes(status);
    match status & 0x7f {
        0 => process::exit((status >> 8) & 0xff),
        number => die_by(number),
    }
}

/// Process 1 inside: makes the world, starts the program, and buries who dies. With its end everything left is killed.
fn init(spec: &Spec, status_end: i32) -> ! {
    unsafe { prctl(PR_SET_PDEATHSIG, SIGKILL as usize, 0usize, 0usize, 0usize) };
    if !spec.network {
        bring_up_loopback(); // a program that needs it will tell
    }
    if let Err((what, error)) = make_world(spec) {
        give_up(&what, &error);
    }
    if let Err(error) = env::set_current_dir(spec.cwd) {
        give_up(&spec.cwd.to_string_lossy(), &error);
    }
    for capability in (0..=LAST_CAPABILITY).filter(|number| !KEPT_CAPABILITIES.contains(number)) {
        unsafe { prctl(PR_CAPBSET_DROP, capability, 0usize, 0usize, 0usize) };
    }
    unsafe { prctl(PR_SET_NO_NEW_PRIVS, 1usize, 0usize, 0usize, 0usize) };
    let mut command = Command::new(&spec.command[0]);
    command.args(&spec.command[1..]);
    if let Some(name) = spec.argv0 {
        command.arg0(name);
    }
    unsafe {
        command.pre_exec(move || {
            drop_fd(status_end);
            Ok(())
        })
    };
    let child = match command.spawn() {
        Ok(child) => child.id() as i32,
        Err(error) => fail(127, &format!("cannot run {}: {error}", spec.command[0].to_string_lossy())),
    };
    CHILD.store(child, SeqCst);
    if SIGNALLED.load(SeqCst) != 0 {
        signal_child(SIGNALLED.load(SeqCst));
    }
    let mut status = 0;
    while retry(|| unsafe { waitpid(-1, &mut status, 0) } as isize) != child as isize {}
    unsafe { write(status_end, status.to_ne_bytes().as_ptr(), 4) };
    process::exit(0)
}

type Failure = (String, io::Error);

fn make_world(spec: &Spec) -> Result<(), Failure> {
    let step = |what: &str, result: io::Result<()>| result.map_err(|error| (what.to_owned(), error));
    step("/", attach("", "/", "", MS_REC | MS_PRIVATE, ""))?;
    // Any directory would do that is everywhere: this is above the real /tmp, which can still be reached below /old.
    step("/tmp", attach("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755"))?;
    step("/tmp", fs::create_dir("/tmp/old").and(fs::create_dir("/tmp/new")))?;
    step("/new", attach("tmpfs", "/tmp/new", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755"))?;
    step("pivot_root", pivot("/tmp", "/tmp/old"))?;
    // Before what is shown: a project may lie in /dev/shm.
    step("/proc", fill("proc", OsStr::new("/proc"), "proc", ""))?;
    for name in ["sys", "sysrq-trigger", "irq", "bus"] {
        let path = Path::new("/new/proc").join(name); // the system's switches, which obey to user 0 as such
        let _ = attach(&path, &path, "", MS_BIND | MS_REC, "").and_then(|()| set_read_only(&path, true));
    }
    step("/dev", make_devices())?;
    for (kind, target, path) in &spec.mounts {
        let result = match *kind {
            "tmpfs" => fill("", path, "tmpfs", "mode=1777"),
            "symlink" => place(path).and_then(|place| match symlink(target, place) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                other => other,
            }),
            kind => show(path, kind == "ro"),
        };
        result.map_err(|error| (path.to_string_lossy().into_owned(), error))?;
    }
    let _ = place(spec.cwd).and_then(fs::create_dir_all); // in something read-only it is there, or it is told later
    step("/dev", set_read_only("/new/dev", false))?;
    step("/", set_read_only("/new", false))?;
    step("/old", call(|path| unsafe { umount2(path, MNT_DETACH) }, "/old"))?;
    step("pivot_root", env::set_current_dir("/new").and_then(|()| pivot(".", ".")))?;
    step("umount", call(|path| unsafe { umount2(path, MNT_DETACH) }, "."))
}

fn make_devices() -> io::Result<()> {
    fill("", OsStr::new("/dev"), "tmpfs", "mode=0755")?;
    for name in ["null", "zero", "full", "random", "urandom", "tty"] {
        show(OsStr::new(&format!("/dev/{name}")), false)?;
    }
    for (target, name) in [
        ("/proc/self/fd", "fd"),
        ("fd/0", "stdin"),
        ("fd/1", "stdout"),
        ("fd/2", "stderr"),
        ("pts/ptmx", "ptmx"),
    ] {
        symlink(target, Path::new("/new/dev").join(name))?;
    }
    fill("", OsStr::new("/dev/shm"), "tmpfs", "mode=1777")?;
    let _ = fill("devpts", OsStr::new("/dev/pts"), "devpts", "newinstance,ptmxmode=0666,mode=620"); // hardly ever needed
    Ok(())
}

/// Where a path is to be in the new world; the directories above it are made.
fn place(path: &OsStr) -> io::Result<PathBuf> {
    let place = below("/new", path);
    if let Some(above) = place.parent() {
        fs::create_dir_all(above)?;
    }
    Ok(place)
}

fn below(root: &str, path: &OsStr) -> PathBuf {
    Path::new(root).join(OsStr::from_bytes(path.as_bytes().strip_prefix(b"/").unwrap_or(path.as_bytes())))
}

/// Shows a file or directory, with what is mounted below it, where it is outside.
fn show(path: &OsStr, read_only: bool) -> io::Result<()> {
    let source = below("/old", path);
    let stat = match fs::metadata(&source) {
        Ok(stat) => stat,
        Err(_) => return Ok(()),
    };
    let to = place(path)?;
    if fs::symlink_metadata(&to).is_err() {
        if stat.is_dir() {
            fs::create_dir(&to)?;
        } else {
            fs::write(&to, "")?;
        }
    }
    attach(&source, &to, "", MS_BIND | MS_REC, "")?;
    if read_only {
        set_read_only(&to, true)?;
    }
    Ok(())
}

fn fill(source: &str, path: &OsStr, kind: &str, data: &str) -> io::Result<()> {
    let to = place(path)?;
    fs::create_dir_all(&to)?;
    let flags = MS_NOSUID | if kind == "proc" { MS_NODEV | MS_NOEXEC } else { 0 };
    attach(source, to, kind, flags, data)
}

fn attach(
    source: impl AsRef<OsStr>,
    target: impl AsRef<OsStr>,
    kind: &str,
    flags: usize,
    data: &str,
) -> io::Result<()> {
    let [source, target, kind, data] =
        [source.as_ref(), target.as_ref(), OsStr::new(kind), OsStr::new(data)].map(c_string);
    let (source, target, kind, data) = (source?, target?, kind?, data?);
    let kind = if kind.as_bytes().is_empty() { null() } else { kind.as_ptr() };
    check(unsafe {
        mount(source.as_ptr().cast(), target.as_ptr().cast(), kind.cast(), flags, data.as_ptr().cast())
    })
}

fn set_read_only(path: impl AsRef<OsStr>, recursive: bool) -> io::Result<()> {
    let attributes = [MOUNT_ATTR_RDONLY, 0, 0, 0]; // struct mount_attr: set, clear, propagation, userns_fd
    let flags = if recursive { AT_RECURSIVE } else { 0 };
    let path = c_string(path.as_ref())?;
    let size = std::mem::size_of_val(&attributes);
    check(unsafe {
        syscall(SYS_MOUNT_SETATTR, AT_FDCWD, path.as_ptr(), flags, attributes.as_ptr(), size) as i32
    })
}

fn pivot(new: &str, old: &str) -> io::Result<()> {
    let (new, old) = (c_string(OsStr::new(new))?, c_string(OsStr::new(old))?);
    check(unsafe { syscall(SYS_PIVOT_ROOT, new.as_ptr(), old.as_ptr()) as i32 })?;
    if old.as_bytes() == b"." {
        return Ok(()); // the old root lies on top of the new one, until it is taken away
    }
    env::set_current_dir("/")
}

fn bring_up_loopback() {
    let mut request = [0u8; 40]; // struct ifreq: name, then flags
    request[..2].copy_from_slice(b"lo");
    request[16] = IFF_UP;
    unsafe {
        let fd = socket(AF_INET, SOCK_DGRAM, 0);
        ioctl(fd, SIOCSIFFLAGS, request.as_mut_ptr());
        drop_fd(fd);
    }
}

fn call(function: impl Fn(*const i8) -> i32, path: &str) -> io::Result<()> {
    let path = c_string(OsStr::new(path))?;
    check(function(path.as_ptr().cast()))
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes()).map_err(|_| io::ErrorKind::InvalidInput.into())
}

fn check(result: i32) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

fn retry(mut call: impl FnMut() -> isize) -> isize {
    loop {
        let result = call();
        if result >= 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return result;
        }
    }
}

fn drop_fd(fd: i32) {
    extern "C" {
        fn close(fd: i32) -> i32;
    }
    unsafe { close(fd) };
}

fn give_up(what: &str, error: &io::Error) -> ! {
    fail(SETUP_FAILED, &format!("the sandbox cannot be set up: {what}: {error}"))
}
