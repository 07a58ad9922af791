import { cutLine } from "./cut-line.ts";

const mostLines = 1_000;
/** Of all lines together. */
const mostCharacters = 1_000_000;
/** A longer line is kept cut. */
const longestLine = 8_192;

/** A line that was written. */
export interface RecentLine {
  /** Counts up from 1, whatever is kept of the lines before. */
  readonly number: number;
  /** As it was written, JSON; or what is left of it. */
  readonly text: string;
  readonly isCut: boolean;
}

/** The newest lines that were written: 1,000 of them, and a million characters at most. */
export class RecentLines {
  readonly #lines: RecentLine[] = [];
  #written = 0;
  #characters = 0;

  add(line: string): void {
    const isCut = line.length > longestLine;
    const text = isCut ? cutLine(line) : line;
    this.#lines.push({ number: ++this.#written, text, isCut });
    this.#characters += text.length;
    while (this.#lines.length > mostLines || this.#characters > mostCharacters)
      this.#characters -= this.#lines.shift()!.text.length;
  }

  /** The number of the newest line; 0 before the first. */
  get newest(): number {
    return this.#written;
  }

  /** What is kept of the lines with higher numbers, the oldest first. */
  after(number: number): readonly RecentLine[] {
    const oldest = this.#written - this.#lines.length + 1;
    return this.#lines.slice(Math.max(0, number + 1 - oldest));
  }
}
