// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames and payloads of docs/protocol.md, as both sides write them.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;

const MAX_FRAME: usize = 64 << 20;

/// A payload that is read from the front.
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub fn take(&mut self, size: usize) -> io::Result<&'a [u8]> {
        if size > self.0.len() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let (taken, rest) = self.0.split_at(size);
        self.0 = rest;
        Ok(taken)
    }
    pub fn u32(&mut self) -> io::Result<u32> {
        let taken = self.take(4)?;
        Ok(u32::from_le_bytes([taken[0], taken[1], taken[2], taken[3]]))
    }
    pub fn u64(&mut self) -> io::Result<u64> {
        Ok(u64::from(self.u32()?) | u64::from(self.u32()?) << 32)
    }
    pub fn bytes(&mut self) -> io::Result<&'a [u8]> {
        let size = self.u32()?;
        self.take(size as usize)
    }
    pub fn list(&mut self) -> io::Result<Vec<OsString>> {
        (0..self.u32()?).map(|_| Ok(OsString::from_vec(self.bytes()?.to_vec()))).collect()
    }
}

pub fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend((bytes.len() as u32).to_le_bytes());
    to.extend_from_slice(bytes);
}

pub fn put_list(to: &mut Vec<u8>, items: Vec<Vec<u8>>) {
    to.extend((items.len() as u32).to_le_bytes());
    items.iter().for_each(|item| put_bytes(to, item));
}

pub fn write_frame(stream: &mut UnixStream, kind: u8, payload: &[u8]) -> io::Result<()> {
    let mut head = (payload.len() as u32 + 1).to_le_bytes().to_vec();
    head.push(kind);
    stream.write_all(&[&head, payload].concat())
}

pub fn read_frame(stream: &mut UnixStream) -> io::Result<(u8, Vec<u8>)> {
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
