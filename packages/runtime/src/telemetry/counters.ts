/** Few and bounded: a manager, an operation, a reason; never an id. */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  /** Default 1. */
  add(by?: number): void;
}

/** Where counts go. Names are dotted lower case: `calls.failed`. */
export interface Counters {
  /** The same name and labels give the same count; keep the counter on a hot path. */
  counter(name: string, labels?: Labels): Counter;
}
