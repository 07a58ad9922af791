import type { InspectionLoad } from "@reeve/runtime/internal/inspection";

interface Sample {
  readonly at: number;
  readonly calls: number;
  readonly errors: number;
}

export interface Rate {
  readonly callsPerSecond: number;
  /** Of the calls of the last minute; undefined when there were none. */
  readonly errorRate: number | undefined;
}

const windowMs = 60_000;
const sampleEveryMs = 2_000;
const idle: Rate = { callsPerSecond: 0, errorRate: undefined };

/** What flows through each manager, from its figures now and before. */
export class Rates {
  /** By life of a manager. */
  readonly #samples = new Map<string, Sample[]>();

  add(life: string, { calls, errors }: Pick<InspectionLoad, "calls" | "errors">, at: number): void {
    const samples = this.#samples.get(life) ?? [];
    if (samples.length === 0) this.#samples.set(life, samples);
    const last = samples.at(-1);
    if (last && at - last.at < sampleEveryMs && samples.length > 1)
      samples[samples.length - 1] = { at: last.at, calls, errors };
    else samples.push({ at, calls, errors });
    while (samples.length > 2 && at - samples[0]!.at > windowMs) samples.shift();
  }

  of(life: string, now: number): Rate {
    const samples = this.#samples.get(life);
    const last = samples?.at(-1);
    if (!samples || !last || samples.length < 2 || now - last.at > windowMs) return idle;
    const before = samples.at(-2)!;
    const first = samples.find(({ at }) => now - at <= windowMs) ?? before;
    const calls = last.calls - first.calls;
    const seconds = Math.max(1, (now - before.at) / 1_000);
    return {
      callsPerSecond: now - last.at > 2 * sampleEveryMs ? 0 : Math.max(0, last.calls - before.calls) / seconds,
      errorRate: calls > 0 ? Math.max(0, last.errors - first.errors) / calls : undefined,
    };
  }

  /** Calls in each of the last steps of two seconds, oldest first: for a small curve. */
  curve(life: string): readonly number[] {
    const samples = this.#samples.get(life) ?? [];
    return samples.slice(1).map(({ calls, at }, index) => {
      const before = samples[index]!;
      return Math.max(0, calls - before.calls) / Math.max(1, (at - before.at) / 1_000);
    });
  }

  forget(life: string): void {
    this.#samples.delete(life);
  }
}
