/** How the calls of an operation went that hosts told of one by one. */
export interface CallTimes {
  /** How many these are; hosts count the others without timing them. */
  readonly timed: number;
  readonly failed: number;
  /** Milliseconds; within 5 %. */
  readonly p50: number;
  readonly p99: number;
}

export interface OperationTimes extends CallTimes {
  /** `volume.create`. */
  readonly operation: string;
  /** The last ten minutes in steps of ten seconds, oldest first; undefined where no call ended. */
  readonly steps: readonly (CallTimes | undefined)[];
}

export const stepMs = 10_000;
export const stepsKept = 60;
/** Further ones are not timed: an operation is named by a contract, and contracts are few. */
const mostOperations = 500;
const bucketsPerOctave = 8;
/** A microsecond. */
const leastMs = 0.001;

/** How long calls took, by operation and over time. Of each step it keeps how many calls fell into each of some buckets. */
export class Latencies {
  readonly #operations = new Map<string, Map<number, Histogram>>();

  add(operation: string, at: number, durationMs: number, failed: boolean): void {
    let steps = this.#operations.get(operation);
    if (!steps) {
      if (this.#operations.size >= mostOperations) return;
      steps = new Map();
      this.#operations.set(operation, steps);
    }
    const step = Math.floor(at / stepMs);
    let histogram = steps.get(step);
    if (!histogram) {
      for (const old of steps.keys()) if (old <= step - stepsKept) steps.delete(old);
      histogram = new Histogram();
      steps.set(step, histogram);
    }
    histogram.add(durationMs, failed);
  }

  /** Of every operation with a call in the last ten minutes, by name. */
  at(now: number): readonly OperationTimes[] {
    const last = Math.floor(now / stepMs);
    const shown = Array.from({ length: stepsKept }, (_, index) => last - stepsKept + 1 + index);
    return [...this.#operations]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .flatMap(([operation, steps]): OperationTimes[] => {
        const all = new Histogram();
        for (const step of shown) all.merge(steps.get(step));
        if (all.timed === 0) return [];
        return [{ operation, ...all.times(), steps: shown.map((step) => steps.get(step)?.times()) }];
      });
  }
}

class Histogram {
  timed = 0;
  failed = 0;
  readonly #buckets = new Map<number, number>();

  add(durationMs: number, failed: boolean): void {
    const bucket = Math.floor(Math.log2(Math.max(leastMs, durationMs)) * bucketsPerOctave);
    this.#count(bucket, 1);
    this.timed += 1;
    if (failed) this.failed += 1;
  }

  merge(other: Histogram | undefined): void {
    if (!other) return;
    for (const [bucket, count] of other.#buckets) this.#count(bucket, count);
    this.timed += other.timed;
    this.failed += other.failed;
  }

  times(): CallTimes {
    const { timed, failed } = this;
    const sorted = [...this.#buckets].sort(([one], [other]) => one - other);
    const quantile = (share: number): number => {
      let left = Math.max(1, Math.ceil(share * timed));
      for (const [bucket, count] of sorted) {
        left -= count;
        if (left <= 0) return 2 ** ((bucket + 0.5) / bucketsPerOctave);
      }
      return 0;
    };
    return { timed, failed, p50: quantile(0.5), p99: quantile(0.99) };
  }

  #count(bucket: number, count: number): void {
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count);
  }
}
