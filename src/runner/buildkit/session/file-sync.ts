// SPDX-License-Identifier: MIT OR Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import type { FilesSent } from "../../container/builder-event.ts";
import { localFailure } from "../local-failure.ts";
import { FileSync } from "../proto/session_pb.ts";
import type { Offers } from "./offers.ts";
import { sendEntries } from "./send-entries.ts";
import { pathsOf, type SessionService } from "./session-service.ts";

/** What `find` of offers is asked for that were not made: of another process, or before a session was lost. */
export const NOT_OFFERED = "nothing is offered under the name";

/** Sends builders what they ask for, if it was offered to them: session/filesync of BuildKit 0.25. */
export function fileSync(offers: Offers, observe: (sent: FilesSent) => void): SessionService {
  return {
    methods: pathsOf(FileSync),
    register: (router) =>
      router.service(FileSync, {
        async *diffCopy(requests, { requestHeader }) {
          const name = requestHeader.get("dir-name") ?? "";
          const content = requestHeader.get("include-patterns") ?? "";
          const found = offers.find(name, content);
          if (found === undefined) throw new ConnectError(`${NOT_OFFERED} "${name}"`, Code.NotFound);
          try {
            const sent = yield* sendEntries(await found, requests);
            observe({ kind: "sent", name, ...sent });
          } catch (thrown) {
            const why = localFailure(thrown);
            offers.noteFailure(name, content, why);
            throw new ConnectError(why.message, Code.Internal);
          }
        },
      }),
  };
}
