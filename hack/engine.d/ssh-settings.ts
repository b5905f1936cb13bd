// SPDX-License-Identifier: MIT OR Apache-2.0

export const SSH_PORT = 22;

/** https://man.openbsd.org/OpenBSD-7.2/sshd_config.5 */
export function serverSettings(directory: string, address: string, path: string): string {
  return `ListenAddress ${address}
Port ${SSH_PORT}
HostKey ${directory}/host_key
AuthorizedKeysFile ${directory}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
# A client that opens a connection for each request has many at once.
MaxStartups 100
SetEnv PATH=${path}
`;
}

/**
 * For a client that is to take nothing from the user's `~/.ssh`: https://man.openbsd.org/OpenBSD-7.2/ssh_config.5
 */
export function clientSettings(directory: string, name: string, address: string): string {
  return `Host ${name}
  HostName ${address}
  Port ${SSH_PORT}
  User root
  IdentityFile ${directory}/identity
  IdentitiesOnly yes
  UserKnownHostsFile ${directory}/known_hosts
  StrictHostKeyChecking yes
`;
}

/**
 * The users of another machine, after those of this one: root's home is not this machine's, and there is the user whose
 * rights sshd has before anybody is let in, without which it does not start. Its id is one that nobody is given.
 */
export function usersOf(passwd: string): string {
  const others = passwd.split("\n").filter((line) => line !== "" && !/^(root|sshd):/.test(line));
  return [
    "root:x:0:0::/run/root:/bin/sh",
    "sshd:x:64999:65534::/run/sshd:/usr/sbin/nologin",
    ...others,
    "",
  ].join("\n");
}
