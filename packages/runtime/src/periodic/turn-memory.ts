/** Where durable tasks keep when they last ran, so that what is promised hourly is kept across restarts. */
export interface TurnMemory {
  /** How long ago the last completed turn began, or where there was none, the task was first asked about: by the store's clock. */
  last(task: string): Promise<{ readonly agoMs: number; readonly completed: boolean }>;
  /** A turn that began so long ago has been completed. Rejects when the incarnation may not write any more. */
  completed(task: string, agoMs: number): Promise<void>;
}
