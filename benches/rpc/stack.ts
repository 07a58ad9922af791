import type { Payload } from "./payload.ts";

/** Subjects that every server listens on: calls go to the first of them, or in turn to all. */
export const subjects = 32;

/** Echoes a payload by the subject of that number. */
export type Echo = (payload: Payload, subject: number) => Promise<Payload>;

/** One way to call another process through a NATS broker. */
export interface Stack {
  /** Resolves when it answers calls. */
  serve(url: string): Promise<void>;
  /** Resolves when the server can be called. */
  connect(url: string): Promise<Echo>;
}
