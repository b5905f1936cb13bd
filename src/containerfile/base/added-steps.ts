// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** What is to be installed into a base image. */
export interface Additions {
  readonly addApt: readonly string[];
  readonly addAptGet: readonly string[];
  readonly addApk: readonly string[];
  /** rustup's. */
  readonly components: readonly string[];
  /** Triples whose standard library is needed besides the host's. */
  readonly targets: readonly string[];
}

/** Names with versions and architectures, and no options: `libssl-dev:arm64`, `mold=1.10*`. */
const PACKAGE = /^[A-Za-z0-9@][A-Za-z0-9@+.:=~<>*_/-]*$/;

/**
 * Steps of a Containerfile that install something, a line each. They are the ones that may use the network: units that
 * start from what they leave do not.
 * @throws GreenError "config" for a name that no package has
 */
export function addedSteps(additions: Additions): readonly string[] {
  const { addApt, addAptGet, addApk, components, targets } = additions;
  return [
    ...aptSteps("apt", "add.apt", addApt),
    ...aptSteps("apt-get", "add.apt-get", addAptGet),
    ...step("add.apk", addApk, (names) => `apk add --no-cache ${names}`),
    ...step("components", components, (names) => `rustup component add ${names}`),
    ...step("targets", targets, (names) => `rustup target add ${names}`),
  ];
}

function aptSteps(program: string, setting: string, packages: readonly string[]): readonly string[] {
  return step(
    setting,
    packages,
    (names) =>
      `${program} update && DEBIAN_FRONTEND=noninteractive ${program} install --yes --no-install-recommends ${names}` +
      " && rm -rf /var/lib/apt/lists/*",
  );
}

function step(
  setting: string,
  names: readonly string[],
  command: (names: string) => string,
): readonly string[] {
  const unfit = names.find((name) => !PACKAGE.test(name));
  if (unfit !== undefined) {
    throw new GreenError("config", `"${unfit}" in ${setting} is no name of a package`, {
      hint: "write names alone, with `=VERSION` or `:ARCHITECTURE` where that matters",
    });
  }
  const sorted = [...new Set(names)].sort().map((name) => (/[*<>~]/.test(name) ? `'${name}'` : name));
  return sorted.length === 0 ? [] : [`RUN ${command(sorted.join(" "))}`];
}
