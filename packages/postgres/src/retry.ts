import { setTimeout as pause } from "node:timers/promises";

const firstPauseMs = 2;
const longestPauseMs = 100;
/** From then on those that were often in conflict run one at a time in this process. */
const patientTries = 3;

/** Bounds how often one transaction is run. */
export const mostTries = 40;

/** Lets transactions run again that were in conflict with others: after a random pause, and in the end one by one. */
export class Retries {
  #turn: Promise<void> = Promise.resolve();

  /** Resolves when the next attempt may begin, with what ends its turn. */
  async before(tries: number, urgent = false): Promise<() => void> {
    // By the real clock: the other transaction runs in real time too.
    if (tries > 0) await pause(Math.random() * Math.min(firstPauseMs * 2 ** tries, longestPauseMs));
    // One that is urgent waits for nobody: those before it may take as long as a transaction may.
    if (tries < patientTries || urgent) return () => {};
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    return resolve;
  }
}
