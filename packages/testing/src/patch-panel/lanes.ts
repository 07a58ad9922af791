/** Work in lanes: what shares a lane runs one after the other, in the order in which it came. */
export class Lanes {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs work when all that came before it in any of these lanes has ended, however that ended. */
  async run<T>(lanes: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = lanes.map((lane) => this.#last.get(lane));
    const done = Promise.all(before).then(work);
    const ended = done.catch(() => {});
    for (const lane of lanes) this.#last.set(lane, ended);
    try {
      return await done;
    } finally {
      for (const lane of lanes) if (this.#last.get(lane) === ended) this.#last.delete(lane);
    }
  }
}
