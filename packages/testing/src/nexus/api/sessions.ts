const workers = 4;
const sessionsOfWorker = 5;

/**
 * The VSH sessions of NX-API: five for each of nginx's four workers, for one user at one address (Cisco's N9K programmability guide
 * 10.x, NX-API CLI). One request holds one; who comes when none is left is rejected.
 */
export class SessionPool {
  readonly #held = new Map<string, number>();

  /** Undefined when none is left; else the function that gives it back. */
  take(user: string, address: string): (() => void) | undefined {
    const key = `${user}@${address}`;
    const held = this.#held.get(key) ?? 0;
    if (held >= workers * sessionsOfWorker) return;
    this.#held.set(key, held + 1);
    return () => this.#held.set(key, (this.#held.get(key) ?? 1) - 1);
  }
}
