import type { GossipHead } from "./message.ts";

/** What a message is to those before it. */
export interface Step {
  /** It is part of a list of everything: the first of it, the last of it. */
  readonly first: boolean;
  readonly last: boolean;
}

const aside: Step = { first: false, last: false };
/** Of a telling that an answer has made up for, no part is missing. */
const allParts = Number.MAX_SAFE_INTEGER;

/**
 * Follows the numbers of one sender's messages: which are stale, whether any were missed, and when everything has been heard.
 *
 * | a message | is |
 * |---|---|
 * | of a lower number; of the same, a part that came before | stale |
 * | the next part, or the first part of the next number after the last part of this one | next |
 * | anything else, told to everybody | a gap: {@link complete} is over |
 * | an answer that names some | neither: it says nothing of what it does not name |
 * | the last part of a list of everything whose parts came in a row | {@link complete} again |
 */
export class Sequence {
  #number = 0;
  #part = 0;
  #parts = 0;
  /** How many parts of a list of everything have come in a row, and of which number; 0 outside of one. */
  #listed = 0;
  #listNumber = 0;
  #complete = false;

  /** Everything up to the last message has been heard, or a list of everything made up for it. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Something was missed; a list of everything on its way, part by part, is nothing missed. */
  get wantsAll(): boolean {
    return !this.#complete && this.#listed === 0;
  }

  /** What was heard may not be all. */
  doubt(): void {
    this.#complete = false;
    this.#listed = 0;
  }

  /** `undefined` when it is stale. @param answer it was told to this receiver alone */
  take({ sequence, part: { part, parts }, whole }: GossipHead, answer: boolean): Step | undefined {
    if (sequence < this.#number) return undefined;
    if (answer && !whole) return aside;
    if (!answer && !this.#follow(sequence, part, parts)) return undefined;
    if (whole) return this.#list(sequence, part, parts, answer);
    this.#listed = 0;
    return aside;
  }

  /** False when it is a copy. */
  #follow(sequence: number, part: number, parts: number): boolean {
    const same = sequence === this.#number;
    if (same && part <= this.#part) return false;
    const next = same
      ? part === this.#part + 1
      : sequence === this.#number + 1 && part === 1 && this.#part === this.#parts;
    if (!next) this.doubt();
    this.#number = sequence;
    this.#part = part;
    this.#parts = parts;
    return true;
  }

  #list(sequence: number, part: number, parts: number, answer: boolean): Step {
    const inRow = part === 1 || (part === this.#listed + 1 && sequence === this.#listNumber);
    this.#listed = inRow ? part : 0;
    this.#listNumber = sequence;
    if (!inRow) return aside;
    const last = part === parts;
    if (last) {
      this.#complete = true;
      this.#listed = 0;
      if (answer) {
        this.#number = sequence;
        this.#part = allParts;
        this.#parts = allParts;
      }
    }
    return { first: part === 1, last };
  }
}
