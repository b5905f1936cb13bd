// SPDX-License-Identifier: MIT OR Apache-2.0
import { type PrivateFacts, type PrivateWords, privateWords } from "../../../src/unit/leaks/private-words.ts";

/** The words of a machine of which a test says something. */
export function wordsOf(facts: Partial<PrivateFacts>): PrivateWords {
  return privateWords({ homes: [], userNames: [], hostNames: [], places: [], secrets: [], ...facts });
}
