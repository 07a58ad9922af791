import { randomFillSync } from "node:crypto";
import { idSpace } from "../../wire/frame.ts";

const drawn = 1_024;

/** Unguessable call ids, none of which is in use. */
export class CallIds {
  readonly #numbers = new Uint32Array(drawn);
  #left = 0;

  next(used: { has(id: number): boolean }): number {
    for (;;) {
      if (this.#left === 0) {
        randomFillSync(this.#numbers);
        this.#left = drawn;
      }
      const id = this.#numbers[--this.#left]! & idSpace;
      if (id !== 0 && !used.has(id)) return id;
    }
  }
}
