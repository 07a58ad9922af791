/** How an example speaks. Nothing it says may fail a step. */
export interface Teller {
  /** A step begins. */
  begin(number: number, title: string): void;
  say(line: string): void;
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  /** Starts a progress bar, told how far it is. */
  bar(label: string): (percent: number) => void;
  /** The step held, or why it did not. */
  end(ms: number, failure: string | undefined): void;
  /** Outside of any step. */
  close(line: string): void;
}

/** For machines: they read the last line only. */
export const silent: Teller = {
  begin() {},
  say() {},
  table() {},
  bar: () => () => {},
  end() {},
  close() {},
};
