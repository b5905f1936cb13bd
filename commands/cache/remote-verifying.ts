// SPDX-License-Identifier: MIT OR Apache-2.0
import type { NamedRemote } from "../../src/config/remotes.ts";
import { EXIT_STATUS } from "../../src/error.ts";
import { plural } from "../../src/ui/count.ts";
import { remoteJson } from "../../src/ui/json.ts";
import { withProgress } from "../../src/ui/progress.ts";
import { formatRemoteVerify } from "../../src/ui/remote-report.ts";
import { formatSize } from "../../src/ui/size.ts";
import { type CommonFlags, GreenCommand } from "../base.ts";

/** What `verify` does with a remote. */
export abstract class RemoteVerifying extends GreenCommand {
  protected async verifyRemotely(
    named: NamedRemote,
    flags: CommonFlags & { readonly deep: boolean },
  ): Promise<void> {
    const { verifyRemote } = await import("../../src/broker/remotes/verify-remote.ts");
    const stream = flags.json ? undefined : process.stderr;
    await this.withRemote(named, async (remote) => {
      const report = await withProgress({ title: `Checking ${named.name}`, stream }, (say) =>
        verifyRemote(remote, {
          deep: flags.deep,
          onProgress: (tags, bytes) =>
            say(`${plural(tags, "tag")}${bytes === 0 ? "" : `, ${formatSize(bytes)} read`}`),
        }),
      );
      this.print(flags, {
        json: () => ({ remote: remoteJson(named), sound: report.problems.length === 0, ...report }),
        text: (view) => formatRemoteVerify(report, view),
      });
      if (report.problems.length > 0) process.exitCode = EXIT_STATUS.corrupt;
    });
  }
}
