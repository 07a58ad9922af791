/** One line of what the broker permits a process, and what for. */
export interface Rule {
  readonly right: "publish" | "subscribe";
  /** As the broker's permissions have it: `*` for one token, `>` for the rest, and a queue group after a blank. */
  readonly subject: string;
  /** Completes "the process may do it …": `to be called as volume v1`. */
  readonly purpose: string;
}

/** What the broker permits one process. All else is denied. */
export interface ProcessPermissions {
  readonly caller: string;
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** The same, each with what it is for. */
  readonly rules: readonly Rule[];
}

export const publish = (purpose: string, ...subjects: readonly string[]): readonly Rule[] =>
  subjects.map((subject) => ({ right: "publish", subject, purpose }));

export const subscribe = (purpose: string, ...subjects: readonly string[]): readonly Rule[] =>
  subjects.map((subject) => ({ right: "subscribe", subject, purpose }));
