// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { preparePush } from "../../../src/broker/share/prepare-push.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { privateWords } from "../../../src/unit/leaks/private-words.ts";
import type { UnitRecord } from "../../../src/unit/record.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { storeUnit } from "../../support/shared-units.ts";

test("what will be pushed is got ready, one after the other, until it is stopped", async () => {
  const store = openStore(join(temporaryDirectory(), "store"));
  onTestFinished(() => store.close());
  const isReady = ({ instance }: UnitRecord) => store.derived([instance]).has(instance);
  const [open, secret, late] = await Promise.all([
    storeUnit(store, { identity: { package: "open" }, content: "anna was here" }),
    storeUnit(store, { identity: { package: "secret" }, privacy: "private" }),
    storeUnit(store, { identity: { package: "late" } }),
  ]);
  const none = { hostNames: [], places: [], secrets: [] };
  const words = privateWords({ ...none, homes: ["/home/anna"], userNames: ["anna"] });
  const toAll = preparePush([{ visibility: "public" }], store, words);
  for (const { instance } of [open, secret]) toAll.add(instance);
  await vi.waitUntil(() => isReady(open));
  await toAll.stop();
  toAll.add(late.instance);
  await toAll.stop();
  expect([open, secret, late].map(isReady)).toEqual([true, false, false]);
  expect(store.memo("leaks", `${open.outputs[0]?.digest} ${words.digest}`)).toBe("user name");
  const toTeam = preparePush([{ visibility: "private" }], store, words);
  toTeam.add(secret.instance);
  await vi.waitUntil(() => isReady(secret));
  await toTeam.stop();
});
