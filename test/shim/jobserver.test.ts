// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, it } from "vitest";
import { jobserverDescriptors } from "../../src/shim/jobserver.ts";

const PLAIN = ["inherit", "inherit", "inherit"];

it("passes the jobserver's pipe on at the same descriptors, and nothing else", () => {
  const env = {
    CARGO_MAKEFLAGS: "-j --jobserver-fds=8,9 --jobserver-auth=4,6",
    MAKEFLAGS: "--jobserver-auth=3,4",
  };
  expect(jobserverDescriptors(env, () => true)).toEqual([...PLAIN, "ignore", 4, "ignore", 6]);
});

it("leaves a fifo, a closed descriptor and a strange number alone", () => {
  for (const flags of [
    "--jobserver-auth=fifo:/tmp/x",
    "--jobserver-auth=99999,3",
    "--jobserver-auth=-2,-2",
    "-j4",
  ]) {
    expect(jobserverDescriptors({ MAKEFLAGS: flags }, () => true)).toEqual(PLAIN);
  }
  expect(jobserverDescriptors({ MAKEFLAGS: "--jobserver-auth=3,4" }, (fd) => fd === 3)).toEqual(PLAIN);
});
