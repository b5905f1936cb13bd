// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { type PodmanProgram, runPodman } from "./run-podman.ts";

/** The oldest that is known to do what is needed: `build --output`, and mounts of other stages. */
const OLDEST = { major: 4, minor: 3 } as const;

/**
 * Asks podman which it is, and returns that.
 * @throws GreenError "environment" if there is none, or one that is too old
 */
export async function checkPodman(podman: PodmanProgram, signal: AbortSignal): Promise<string> {
  const { status, stdout, stderr } = await runPodman(podman, ["--version"], { cwd: "/", signal });
  const text = stdout.toString().trim();
  const [, version = "", major = 0, minor = 0] = /^podman version ((\d+)\.(\d+)\S*)$/.exec(text) ?? [];
  if (status !== 0 || version === "") {
    const said = (stderr.toString().trim() || text).slice(0, 200);
    throw new GreenError("environment", `"${podman.program} --version" does not say its version: ${said}`, {
      ...{ side: "podman", hint: "see that `podman --version` works, or set `runner` to another one" },
    });
  }
  const isOld =
    Number(major) < OLDEST.major || (Number(major) === OLDEST.major && Number(minor) < OLDEST.minor);
  if (!isOld) return version;
  throw new GreenError("environment", `podman ${version} is too old`, {
    ...{
      side: "podman",
      hint: `install ${OLDEST.major}.${OLDEST.minor} or newer, or set \`runner\` to another one`,
    },
  });
}
