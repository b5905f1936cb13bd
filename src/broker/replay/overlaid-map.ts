// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * A map with another one laid over it, looked at as one, in the order of one that was copied and added to. Hundreds of
 * requests differ in a few of a hundred variables: copies of them would be most of what planning makes.
 */
export class OverlaidMap<Key, Value extends {}> implements ReadonlyMap<Key, Value> {
  readonly #below: ReadonlyMap<Key, Value>;
  readonly #above: ReadonlyMap<Key, Value>;

  constructor(below: ReadonlyMap<Key, Value>, above: ReadonlyMap<Key, Value>) {
    this.#below = below;
    this.#above = above;
  }

  get size(): number {
    let added = 0;
    for (const key of this.#above.keys()) if (!this.#below.has(key)) added++;
    return this.#below.size + added;
  }

  get(key: Key): Value | undefined {
    return this.#above.get(key) ?? this.#below.get(key);
  }

  has(key: Key): boolean {
    return this.#above.has(key) || this.#below.has(key);
  }

  forEach(callback: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  *keys(): MapIterator<Key> {
    yield* this.#below.keys();
    for (const key of this.#above.keys()) if (!this.#below.has(key)) yield key;
  }

  *values(): MapIterator<Value> {
    for (const [, value] of this) yield value;
  }

  *entries(): MapIterator<[Key, Value]> {
    for (const [key, value] of this.#below) yield [key, this.#above.get(key) ?? value];
    for (const entry of this.#above) if (!this.#below.has(entry[0])) yield entry;
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }
}
