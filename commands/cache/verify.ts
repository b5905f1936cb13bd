// SPDX-License-Identifier: MIT OR Apache-2.0
import { Flags } from "@oclif/core";
import { EXIT_STATUS } from "../../src/error.ts";
import { formatCount } from "../../src/ui/count.ts";
import { rebuildJson, verifyJson } from "../../src/ui/json.ts";
import { withProgress } from "../../src/ui/progress.ts";
import { formatSize } from "../../src/ui/size.ts";
import { formatRebuilds, formatVerify, isSound } from "../../src/ui/verify.ts";
import { localOnly, onlyRemote, remoteArgument } from "../remote-arguments.ts";
import { RemoteVerifying } from "./remote-verifying.ts";

/** Status when rebuilt bytes differ: nothing is broken, the compiler or script is not reproducible. */
const DIFFERENT_STATUS = 7;

export class CacheVerify extends RemoteVerifying {
  static override summary = "Check that what is stored, here or in a remote, is what was stored";
  static override description =
    "Hashes every file; what is wrong is removed. Exits with 5 if something was corrupt, with 7 if rebuilt units differ. " +
    "In a remote, looks whether all that is referred to is there, and whether records are what they claim to be; nothing " +
    "is changed. What is wrong there is repaired by `cache push --force` from where it was built.";
  static override examples = [
    "<%= config.bin %> cache verify",
    "<%= config.bin %> cache verify --rebuild 5",
    "<%= config.bin %> cache verify team --deep",
  ];
  static override usage = "cache verify [REMOTE] [OPTIONS]";
  static override args = remoteArgument;
  static override flags = {
    deep: Flags.boolean({ summary: "Of a remote, also read all bytes" }),
    rebuild: Flags.integer({
      min: 1,
      helpValue: "N",
      summary: "Also compile N random units again and compare",
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CacheVerify);
    const remote = onlyRemote(args.remote, await this.settings());
    if (remote !== undefined) {
      if (flags.rebuild !== undefined) throw localOnly("rebuild", "pull units and verify the cache");
      return this.verifyRemotely(remote, flags);
    }
    const stream = flags.json ? undefined : process.stderr;
    await this.withStore(async (store) => {
      const report = await withProgress({ title: "Checking files", stream }, (say) =>
        store.verify({
          onProgress: ({ checked, total, bytes }) =>
            say(`${formatCount(checked)} of ${formatCount(total)} files, ${formatSize(bytes)}`),
        }),
      );
      const count = flags.rebuild;
      const rebuilt =
        count === undefined
          ? []
          : await withProgress({ title: "Rebuilding units", stream }, async (say) => {
              const { rebuildRecords } = await import("../../src/broker/rebuild.ts");
              return rebuildRecords(store, count, {
                env: process.env,
                shim: await this.nativeShim(say),
                onProgress: say,
              });
            });
      this.print(flags, {
        json: () => ({ ...verifyJson(report), rebuilt: rebuilt.map(rebuildJson) }),
        text: (view) => formatVerify(report, view) + formatRebuilds(rebuilt, view),
      });
      if (!isSound(report)) process.exitCode = EXIT_STATUS.corrupt;
      else if (rebuilt.some(({ outcome }) => outcome === "different")) process.exitCode = DIFFERENT_STATUS;
    });
  }

  /** Some units can only be made again in a sandbox, which the shim makes where nothing else does. */
  private async nativeShim(say: (text: string) => void): Promise<string | undefined> {
    const { prepareShim } = await import("../../src/broker/shim.ts");
    const { kind, path } = await prepareShim(await this.settings(), process.env, say);
    return kind === "native" ? path : undefined;
  }
}
