// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Destination } from "./connect-failure.ts";
import { ProcessStream, type ProgramEnd } from "./process-stream.ts";
import { formatAddress, type SshAddress } from "./stream-address.ts";
import type { StreamOpener } from "./stream-opener.ts";

export interface SshOptions extends Destination {
  readonly env: NodeJS.ProcessEnv;
  /** What runs over there, with its arguments; its input and output are the stream. */
  readonly command: readonly [string, ...string[]];
}

/** So long ssh tries to get a connection, seconds: as docker has it. */
const CONNECT_SECONDS = 30;
/** The status by which ssh says that it failed itself: ssh(1), EXIT STATUS. */
const SSH_FAILED = 255;
/** What POSIX shells end with if there is no such command. */
const NOT_FOUND = 127;

/**
 * Opens streams to what a command on another machine talks to, through the user's own `ssh` program, as docker and
 * buildctl do: with its configuration, agents, jump hosts and known hosts. The stream is there as soon as ssh was
 * started; that ssh fails ends it with an error.
 */
export function sshOpener(address: SshAddress, options: SshOptions): StreamOpener {
  return async (signal) => {
    signal?.throwIfAborted();
    const argv = sshCommand(address, options.command);
    const failure = (end: ProgramEnd) => sshFailure(end, address, options);
    return new ProcessStream({ argv, env: options.env, failure });
  };
}

/** As docker starts it (cli v28, `connhelper`). */
export function sshCommand(
  { user, host, port }: SshAddress,
  command: readonly string[],
): readonly [string, ...string[]] {
  return [
    ...(["ssh"] as const),
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...["-o", `ConnectTimeout=${CONNECT_SECONDS}`, "-T", "--", host],
    command.map(shellWord).join(" "),
  ];
}

/** One word of the other machine's shell. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function sshFailure(
  { status, notStarted, stderr }: ProgramEnd,
  address: SshAddress,
  options: SshOptions,
): GreenError {
  const { side, command } = options;
  const where = formatAddress(address);
  const user = address.user === undefined ? "" : `${address.user}@`;
  const port = address.port === undefined ? "" : `-p ${address.port} `;
  const byHand = `\`ssh ${port}${user}${address.host}\``;
  if (notStarted !== undefined) {
    const why =
      notStarted === "ENOENT" ? "there is no program `ssh`" : `\`ssh\` does not start: ${notStarted}`;
    return new GreenError("environment", `${where} cannot be reached: ${why}`, {
      hint: "install OpenSSH's client",
      side,
    });
  }
  const words =
    stderr === "" ? (status === undefined ? "it was killed" : `it ended with status ${status}`) : stderr;
  if (status === NOT_FOUND) {
    return new GreenError("unreachable", `There is no \`${command[0]}\` at ${where}: ${words}`, {
      hint: `install it there, so that ${byHand} finds it without a login shell`,
      side,
    });
  }
  if (/Permission denied \(/i.test(words)) {
    return new GreenError("denied", `${where} did not let us in: ${words}`, {
      hint: `make ${byHand} work without a password: a key, or an agent`,
      side,
    });
  }
  if (/Host key verification failed/i.test(words)) {
    return new GreenError("denied", `ssh does not know ${where}: ${words}`, {
      hint: `log in once by hand, ${byHand}, and compare its key`,
      side,
    });
  }
  if (status === SSH_FAILED || status === undefined) {
    return new GreenError("unreachable", `${where} cannot be reached: ${words}`, {
      hint: `try ${byHand}`,
      ...{ side, retryable: true },
    });
  }
  if (/permission denied/i.test(words)) {
    return new GreenError("denied", `${where} may not be used by you: ${words}`, {
      hint: options.permissionHint,
      side,
    });
  }
  return new GreenError("unreachable", `${where} cannot be reached: ${words}`, {
    hint: options.startHint,
    side,
  });
}
