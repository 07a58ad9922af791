/** Where durable tasks keep when they last ran, so that what is promised hourly is kept across restarts. */
export interface TurnMemory {
  /** When the last completed turn began, or where there was none, when the task was first asked about: in milliseconds since 1970. */
  last(task: string): Promise<{ readonly at: number; readonly completed: boolean }>;
  /** A turn that began then has been completed. Rejects when the incarnation may not write any more. */
  completed(task: string, at: number): Promise<void>;
}
