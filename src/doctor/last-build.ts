// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { lastBuildAround } from "../store/last-build.ts";
import { openStore } from "../store/open-store.ts";
import type { Check, Finding } from "./finding.ts";

/** More than these are counted. */
const MOST_NOTES = 5;

/** What the last build around here had to tell: with a bare wrapper there was nobody to tell it to. */
export const checkLastBuild: Check = async ({ cwd, resolved }) => {
  const check = "last-build";
  const { cacheDir } = resolved.config;
  if (!existsSync(cacheDir)) return [];
  try {
    const store = openStore(cacheDir);
    try {
      const { notes = [], units = [] } = lastBuildAround(store, cwd) ?? {};
      const found = notes.slice(0, MOST_NOTES).map((line): Finding => {
        const says = `the last build here: ${line}`;
        // Nothing was asked of us after that.
        if (units.length > 0) return { check, status: "note", says };
        return { check, status: "warning", says, todo: "correct that where the build was started from" };
      });
      const more = notes.length - found.length;
      const says = `and ${more} more: \`cargo green cache why\``;
      return more > 0 ? [...found, { check, status: "note", says }] : found;
    } finally {
      store.close();
    }
  } catch {
    return []; // the store has a check of its own
  }
};
