// SPDX-License-Identifier: MIT OR Apache-2.0

/** Debian's packages of libraries that are not called `lib<name>-dev`, by what `-l` or pkg-config calls them. */
const LIBRARIES: Readonly<Record<string, string>> = {
  ...{ ssl: "libssl-dev", crypto: "libssl-dev", openssl: "libssl-dev", z: "zlib1g-dev", zlib: "zlib1g-dev" },
  ...{ "stdc++": "g++", c: "libc6-dev", m: "libc6-dev", pthread: "libc6-dev", dl: "libc6-dev" },
  ...{
    sqlite3: "libsqlite3-dev",
    pq: "libpq-dev",
    libpq: "libpq-dev",
    mysqlclient: "default-libmysqlclient-dev",
  },
  ...{ X11: "libx11-dev", x11: "libx11-dev", Xext: "libxext-dev", GL: "libgl-dev", gl: "libgl-dev" },
  ...{ asound: "libasound2-dev", alsa: "libasound2-dev", pulse: "libpulse-dev", udev: "libudev-dev" },
  ...{ "dbus-1": "libdbus-1-dev", curl: "libcurl4-openssl-dev", libcurl: "libcurl4-openssl-dev" },
  ...{
    xml2: "libxml2-dev",
    "libxml-2.0": "libxml2-dev",
    "glib-2.0": "libglib2.0-dev",
    "gtk+-3.0": "libgtk-3-dev",
  },
  ...{
    ncurses: "libncurses-dev",
    ncursesw: "libncurses-dev",
    tinfo: "libncurses-dev",
    readline: "libreadline-dev",
  },
  ...{
    lzma: "liblzma-dev",
    liblzma: "liblzma-dev",
    bz2: "libbz2-dev",
    bzip2: "libbz2-dev",
    zstd: "libzstd-dev",
  },
  ...{ libzstd: "libzstd-dev", ssh2: "libssh2-1-dev", libssh2: "libssh2-1-dev", git2: "libgit2-dev" },
  ...{ libgit2: "libgit2-dev", pcap: "libpcap-dev", usb: "libusb-1.0-0-dev", "usb-1.0": "libusb-1.0-0-dev" },
  ...{ "libusb-1.0": "libusb-1.0-0-dev", clang: "libclang-dev", fontconfig: "libfontconfig-dev" },
};

/** Debian's packages of programs that are not called as they are. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ...{ cc: "gcc", "c++": "g++", protoc: "protobuf-compiler", python: "python3", ninja: "ninja-build" },
  ...{ "pkg-config": "pkg-config", autoreconf: "autoconf automake libtool", libtoolize: "libtool" },
  ...{ "llvm-config": "llvm-dev", go: "golang-go" },
};

/** The Debian package that most probably has a library for building. */
export function libraryPackage(name: string): string {
  const known = Object.hasOwn(LIBRARIES, name) ? LIBRARIES[name] : undefined;
  const plain = name.replace(/^lib/, "").toLowerCase().replaceAll("_", "-");
  return known ?? `lib${plain}-dev`;
}

/** The Debian package that most probably has a program. */
export function programPackage(name: string): string {
  return (Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined) ?? name;
}
