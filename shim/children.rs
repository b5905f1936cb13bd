// SPDX-License-Identifier: MIT OR Apache-2.0
//! The child that runs in our place: signals and its end reach it and us alike.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{self, Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

pub const SIGHUP: i32 = 1;
pub const SIGINT: i32 = 2;
pub const SIGKILL: i32 = 9;
pub const SIGTERM: i32 = 15;
pub const SIG_DFL: usize = 0;
pub const SIG_IGN: usize = 1;
const P_PID: i32 = 1;
const WEXITED: i32 = 4;
const WNOWAIT: i32 = if cfg!(target_os = "linux") { 0x0100_0000 } else { 0x20 };

extern "C" {
    fn kill(pid: i32, signal: i32) -> i32;
    pub fn signal(signal: i32, handler: usize) -> usize;
    fn waitid(id_type: i32, id: u32, info: *mut u64, options: i32) -> i32;
}
#[cfg(target_os = "linux")]
extern "C" {
    fn getppid() -> i32;
    fn prctl(option: i32, ...) -> i32;
}

pub static CHILD: AtomicI32 = AtomicI32::new(0); // its pid while it must not be reaped, else 0
pub static SIGNALLED: AtomicI32 = AtomicI32::new(0);
pub static CANCELLED: AtomicBool = AtomicBool::new(false);

/// On a terminal ^C reaches the child anyway, but not a signal that was sent to us alone.
extern "C" fn on_signal(number: i32) {
    SIGNALLED.store(number, SeqCst);
    signal_child(number);
}

/// False if there is none.
pub fn signal_child(number: i32) -> bool {
    let child = CHILD.load(SeqCst);
    child > 0 && unsafe { kill(child, number) } == 0
}

/// False if the signal is ignored (nohup), which then holds for the child too.
pub fn catch(number: i32) -> bool {
    let handler: extern "C" fn(i32) = on_signal;
    let before = unsafe { signal(number, handler as usize) };
    if before == SIG_IGN {
        unsafe { signal(number, SIG_IGN) };
    }
    before != SIG_IGN
}

#[cfg(target_os = "linux")]
pub fn die_with_us(command: &mut Command) {
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
pub fn die_with_us(_: &mut Command) {}

/// Waits, and only lets the pid go after nobody can signal it any more.
pub fn wait(child: &mut Child) -> ExitStatus {
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

pub fn leave_as(status: ExitStatus) -> ! {
    match status.signal() {
        Some(number) => die_by(number),
        None => process::exit(status.code().unwrap_or(1)),
    }
}

pub fn die_by(number: i32) -> ! {
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
