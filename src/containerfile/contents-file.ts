// SPDX-License-Identifier: MIT OR Apache-2.0

/** Where a stage that units start from says what is in it. */
export const CONTENTS_FILE = "/etc/cargo-green-base";
