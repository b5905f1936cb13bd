// SPDX-License-Identifier: MIT OR Apache-2.0

/** Highest descriptor that is passed on: all below it have to be named too. */
const MAX_DESCRIPTOR = 255;

/**
 * The `stdio` of a child that is to inherit Cargo's jobserver: Node gives a child only the descriptors at its index.
 * The fifo form needs nothing. Source of the format: GNU make manual, "POSIX Jobserver Interaction".
 */
export function jobserverDescriptors(
  env: Readonly<Record<string, string>>,
  isPipe: (fd: number) => boolean,
): readonly ("inherit" | "ignore" | number)[] {
  const flags = env["CARGO_MAKEFLAGS"] ?? env["MAKEFLAGS"] ?? env["MFLAGS"] ?? "";
  // The last one counts.
  const match = Array.from(flags.matchAll(/--jobserver-(?:auth|fds)=(\d+),(\d+)/g)).at(-1);
  const pair = [match?.[1], match?.[2]].map(Number);
  const usable = pair.every((fd) => fd > 2 && fd <= MAX_DESCRIPTOR && isPipe(fd));
  if (match === undefined || !usable) return ["inherit", "inherit", "inherit"];
  return Array.from({ length: Math.max(...pair) + 1 }, (_, fd) => {
    if (fd < 3) return "inherit";
    return pair.includes(fd) ? fd : "ignore";
  });
}
