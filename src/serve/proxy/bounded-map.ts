/** A map that forgets what was put there first when it is full: for what can be found out again. */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(key: K, value: V): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > this.#most) {
      const { value: oldest, done } = this.keys().next();
      if (done !== true) this.delete(oldest);
    }
    return this;
  }
}
