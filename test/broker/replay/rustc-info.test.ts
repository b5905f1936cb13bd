// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rustcInfo } from "../../../src/broker/replay/rustc-info.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

class Memo {
  readonly #kept = new Map<string, string>();
  memo(namespace: string, key: string) {
    return this.#kept.get(`${namespace} ${key}`);
  }
  remember(namespace: string, key: string, value: string) {
    this.#kept.set(`${namespace} ${key}`, value);
  }
}

describe("what the compiler told Cargo", () => {
  const build = (
    store: Memo,
    key: string,
    writes: string | undefined,
    directory = temporaryDirectory(),
    answers?: string,
  ) => {
    const info = rustcInfo(key, directory, store, answers);
    info.lay();
    const path = join(directory, ".rustc_info.json");
    const laid = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    if (writes !== undefined) writeFileSync(path, writes);
    info.keep();
    return laid;
  };

  it("is laid down in the next empty directory, under the same key alone", () => {
    const store = new Memo();
    expect(build(store, "a", "one")).toBeUndefined();
    expect(build(store, "b", undefined)).toBeUndefined();
    expect(build(store, "a", "two")).toBe("one");
    expect(build(store, "a", undefined)).toBe("two");
  });

  it("is neither replaced nor kept where there was something, which may be about anything", () => {
    const store = new Memo();
    build(store, "a", "one");
    const directory = temporaryDirectory();
    writeFileSync(join(directory, ".rustc_info.json"), "other");
    expect(build(store, "a", "other, and more", directory)).toBe("other");
    expect(build(store, "a", undefined)).toBe("one");
  });

  it("is laid down where the compiler was asked just now, and kept after the build", () => {
    const store = new Memo();
    expect(build(store, "a", undefined, temporaryDirectory(), "now")).toBe("now");
    expect(build(store, "a", undefined)).toBe("now");
  });

  it("makes no directory", () => {
    const store = new Memo();
    build(store, "a", "one");
    const missing = join(temporaryDirectory(), "target");
    expect(build(store, "a", undefined, missing)).toBeUndefined();
    expect(existsSync(missing)).toBe(false);
  });
});
