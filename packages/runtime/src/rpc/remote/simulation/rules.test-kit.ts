/** The ten rules that the re-send rests on, the one that a takeover rests on, and what each forbids. A model without one of them shows what it is for. */
export const ruleNames = [
  "numbers are never used again",
  "an incarnation is a random id",
  "a secret for each incarnation",
  "the first frame consumes the number",
  "a dropped answer drops no number",
  "nobody heard it only if one copy left",
  "what left may have run",
  "floor and acknowledgements",
  "a forgotten caller leaves its highest number",
  "sent again to a named incarnation only",
  "an address is taken over after a long silence",
] as const;
export type RuleName = (typeof ruleNames)[number];

/** How the world of one run is. */
export interface Scenario {
  readonly seed: number;
  readonly calls: number;
  readonly callers: number;
  readonly callees: number;
  /** Links break, processes die. */
  readonly stormy: boolean;
  /** Answers and conversations that a callee remembers. */
  /** Processes stand still, and others start at their addresses. */
  readonly standing?: boolean | undefined;
  readonly memory: "enough" | "tiny";
  /** How often whoever comes back has another disk. */
  readonly replaced?: number | undefined;
  readonly without?: RuleName | undefined;
}

/** What a run showed. */
export interface Findings {
  /** Calls that may not run twice and did. */
  readonly doubled: number;
  /** Calls whose caller was told what is not so. */
  readonly untrue: number;
  /** Calls told that nobody remembers their answer, though their incarnation lived. */
  readonly answersLost: number;
  /** Calls that were not settled at their deadline. */
  readonly unsettled: number;
  /** Most answers that one conversation kept at a time, and most intervals. */
  readonly mostKept: number;
  readonly mostIntervals: number;
  /** Answers that are kept after the last call was settled and its caller has said so. */
  readonly keptAtEnd: number;
  /** How the calls ended, by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** What went wrong first, to look at. */
  readonly first: string | undefined;
}
