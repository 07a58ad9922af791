/** One measurement of DESIGN's table of speeds. */
export interface Figure {
  readonly id: string;
  readonly ours: number;
  /** Null where there is nobody to compare with: `ours` is judged by itself then. */
  readonly peer: number | null;
  /** `ours / peer`, of rounds that alternate. */
  readonly ratio: number | null;
  readonly unit: string;
  readonly peerName: string | null;
}

/** What every `*.bench.ts` exports as `figures`; their ids begin with the file's name. */
export type Figures = () => Promise<readonly Figure[]>;
