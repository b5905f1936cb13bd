// SPDX-License-Identifier: MIT OR Apache-2.0
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findFingerprintOfLibrary } from "../../../src/broker/replay/find-fingerprint.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { writeFiles } from "../../support/files.ts";

/** A profile's directory with fingerprints, each begun at a second of its own. */
function profile(
  fingerprints: Readonly<Record<string, { readonly file: string; readonly begun: number }>>,
): string {
  const directory = temporaryDirectory();
  for (const [name, { file, begun }] of Object.entries(fingerprints)) {
    const place = `.fingerprint/${name}`;
    writeFiles(directory, { [`${place}/${file}`]: "", [`${place}/invoked.timestamp`]: "" });
    utimesSync(join(directory, place, "invoked.timestamp"), begun, begun);
  }
  return directory;
}

it("the fingerprint of a library without a hash in its name is the last one that was begun", () => {
  const directory = profile({
    "my-lib-0000000000000001": { file: "lib-my-lib", begun: 10 },
    "my-lib-0000000000000002": { file: "lib-my_lib", begun: 30 },
    "my-lib-0000000000000003": { file: "test-lib-my_lib", begun: 40 },
    "my-lib-0000000000000004": { file: "bin-my_lib", begun: 40 },
    "my-lib-more-0000000000000005": { file: "lib-my_lib", begun: 40 },
    "my-0000000000000006": { file: "lib-my_lib", begun: 40 },
  });
  expect(findFingerprintOfLibrary(directory, "my-lib", "my_lib")).toBe(
    join(directory, ".fingerprint/my-lib-0000000000000002"),
  );
  expect(findFingerprintOfLibrary(directory, "other", "other")).toBeUndefined();
  expect(() => findFingerprintOfLibrary(join(directory, "nowhere"), "other", "other")).toThrow("ENOENT");
});
