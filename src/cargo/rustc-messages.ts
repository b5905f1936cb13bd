// SPDX-License-Identifier: MIT OR Apache-2.0

const ARTIFACT = '{"$message_type":"artifact"';

/** A file that rustc says it has written (`--json=artifacts`). */
export interface ArtifactMessage {
  readonly path: string;
  /** `dep-info`, `metadata`, `link`, … */
  readonly emit: string;
}

/** The artifact notifications in rustc's stderr. */
export function artifactMessages(stderr: string): readonly ArtifactMessage[] {
  return stderr.split("\n").flatMap((line) => {
    if (!line.startsWith(ARTIFACT)) return [];
    try {
      const message = JSON.parse(line) as { artifact?: unknown; emit?: unknown };
      const { artifact, emit } = message;
      return typeof artifact === "string" && typeof emit === "string" ? [{ path: artifact, emit }] : [];
    } catch {
      return [];
    }
  });
}

/** True if rustc wrote anything but artifact notifications, whose look does not depend on presentation options. */
export function hasDiagnostics(output: string): boolean {
  return output.split("\n").some((line) => line !== "" && !line.startsWith(ARTIFACT));
}
