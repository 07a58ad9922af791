/** Numbers by row: rows are in the order of the first, then of the second, then of their own number. */
export type RowNumbers = readonly Float64Array[];

const capacity = 128;
const filled = 96;
const sparse = 32;

/** A run of rows in order, with the bounds of each of their numbers. */
export class Block {
  readonly rows = new Uint32Array(capacity);
  size = 0;
  /** By number: of all of its rows. */
  readonly lowest: Float64Array;
  readonly highest: Float64Array;

  constructor(numbers: number) {
    this.lowest = new Float64Array(numbers);
    this.highest = new Float64Array(numbers);
  }

  /** All of its rows have the same numbers. */
  get isUniform(): boolean {
    for (let n = 0; n < this.lowest.length; n++) if (this.lowest[n] !== this.highest[n]) return false;
    return true;
  }
}

/**
 * Rows in order, cut into blocks: a change moves one row within a block or two, and a search passes by a block whose bounds
 * say enough. The numbers of a row must not change while it is in.
 */
export class SortedRows {
  readonly blocks: Block[] = [];
  #numbers: RowNumbers;

  constructor(numbers: RowNumbers) {
    this.#numbers = numbers;
  }

  /** Starts anew with these rows. */
  build(rows: number[], numbers: RowNumbers): void {
    this.#numbers = numbers;
    rows.sort((a, b) => this.#compare(a, b));
    this.blocks.length = 0;
    for (let at = 0; at < rows.length; at += filled) {
      const block = new Block(numbers.length);
      const part = rows.slice(at, at + filled);
      block.rows.set(part);
      block.size = part.length;
      this.#bound(block);
      this.blocks.push(block);
    }
  }

  /** The same numbers in larger arrays. */
  moveTo(numbers: RowNumbers): void {
    this.#numbers = numbers;
  }

  add(row: number): void {
    if (this.blocks.length === 0) this.blocks.push(new Block(this.#numbers.length));
    const index = Math.min(this.blockOf(row), this.blocks.length - 1);
    const block = this.blocks[index]!;
    const at = this.#placeIn(block, row);
    block.rows.copyWithin(at + 1, at, block.size);
    block.rows[at] = row;
    block.size += 1;
    if (block.size === 1) this.#bound(block);
    else this.#widen(block, row);
    if (block.size === capacity) this.#split(index);
  }

  remove(row: number): void {
    const index = this.blockOf(row);
    const block = this.blocks[index]!;
    const at = this.#placeIn(block, row);
    block.rows.copyWithin(at, at + 1, block.size);
    block.size -= 1;
    if (block.size === 0) this.blocks.splice(index, 1);
    else {
      this.#bound(block);
      if (block.size < sparse) this.#merge(index);
    }
  }

  /** The first block whose last row does not come before the given one. */
  blockOf(row: number): number {
    return this.#firstBlock((block) => this.#compare(block.rows[block.size - 1]!, row) >= 0);
  }

  /** The first block with a row whose first number is at least this; how many blocks there are without one. */
  firstFrom(least: number): number {
    return this.#firstBlock(({ highest }) => highest[0]! >= least);
  }

  /** How many rows of the block have less than this as their first number. */
  below({ rows, size }: Block, least: number): number {
    const [first] = this.#numbers;
    let [low, high] = [0, size];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (first![rows[middle]!]! < least) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #firstBlock(holds: (block: Block) => boolean): number {
    let [low, high] = [0, this.blocks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(this.blocks[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #placeIn({ rows, size }: Block, row: number): number {
    let [low, high] = [0, size];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(rows[middle]!, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(a: number, b: number): number {
    const [first, second] = this.#numbers;
    return first![a]! - first![b]! || (second ? second[a]! - second[b]! : 0) || a - b;
  }

  #widen({ lowest, highest }: Block, row: number): void {
    for (const [n, numbers] of this.#numbers.entries()) {
      const value = numbers[row]!;
      if (value < lowest[n]!) lowest[n] = value;
      if (value > highest[n]!) highest[n] = value;
    }
  }

  #bound(block: Block): void {
    block.lowest.fill(Number.POSITIVE_INFINITY);
    block.highest.fill(Number.NEGATIVE_INFINITY);
    for (let at = 0; at < block.size; at++) this.#widen(block, block.rows[at]!);
  }

  #split(index: number): void {
    const block = this.blocks[index]!;
    const half = block.size >> 1;
    const upper = new Block(this.#numbers.length);
    upper.rows.set(block.rows.subarray(half, block.size));
    upper.size = block.size - half;
    block.size = half;
    this.#bound(block);
    this.#bound(upper);
    this.blocks.splice(index + 1, 0, upper);
  }

  /** With the next one, where that leaves room for more. */
  #merge(index: number): void {
    const lower = this.blocks[index]!;
    const upper = this.blocks[index + 1];
    if (!upper || lower.size + upper.size > filled) return;
    lower.rows.set(upper.rows.subarray(0, upper.size), lower.size);
    lower.size += upper.size;
    this.#bound(lower);
    this.blocks.splice(index + 1, 1);
  }
}
