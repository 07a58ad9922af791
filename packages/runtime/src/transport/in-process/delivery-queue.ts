/** How many deliveries one turn of the event loop makes before timers and sockets get theirs. */
const perTurn = 1024;

/** Runs deliveries in order, never on the stack of who enqueues, and never so many that the event loop starves. */
export class DeliveryQueue {
  #arriving: (() => void)[] = [];
  #batch: (() => void)[] = [];
  #next = 0;
  #scheduled = false;
  #doneThisTurn = 0;

  /** `deliver` must not throw. */
  push(deliver: () => void): void {
    this.#arriving.push(deliver);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // A chain of answers to answers runs in microtasks until the turn's share is used up, then yields.
    if (this.#doneThisTurn < perTurn) queueMicrotask(this.#run);
    else setImmediate(this.#run);
  }

  readonly #run = (): void => {
    for (let deliver = this.#take(); deliver; deliver = this.#take()) {
      if (this.#doneThisTurn === 0) setImmediate(this.#startTurn);
      this.#doneThisTurn += 1;
      deliver();
      if (this.#doneThisTurn >= perTurn) {
        setImmediate(this.#run);
        return;
      }
    }
    this.#scheduled = false;
  };

  readonly #startTurn = (): void => {
    this.#doneThisTurn = 0;
  };

  #take(): (() => void) | undefined {
    if (this.#next >= this.#batch.length) {
      this.#batch = this.#arriving;
      this.#arriving = [];
      this.#next = 0;
    }
    return this.#batch[this.#next++];
  }
}
