interface Waiter {
  readonly exclusive: boolean;
  readonly enter: () => void;
}

interface Lock {
  /** How many hold it; an exclusive holder is alone. */
  holders: number;
  exclusive: boolean;
  readonly waiting: Set<Waiter>;
}

/**
 * Locks by name, each held by many that share it or by one alone. First come, first served: one that wants it alone is not
 * passed by those that would share it. A lock that nobody holds takes no memory.
 */
export class KeyedLocks {
  readonly #locks = new Map<string, Lock>();

  /** Runs `action` beside others that share the lock. @throws the signal's reason when it aborts while waiting */
  shared<R>(key: string, signal: AbortSignal, action: () => Promise<R>): Promise<R> {
    return this.#during(key, false, signal, action);
  }

  /** Runs `action` while nobody else holds the lock. @throws as {@link shared} */
  exclusive<R>(key: string, signal: AbortSignal, action: () => Promise<R>): Promise<R> {
    return this.#during(key, true, signal, action);
  }

  async #during<R>(key: string, exclusive: boolean, signal: AbortSignal, action: () => Promise<R>): Promise<R> {
    signal.throwIfAborted();
    const lock = this.#locks.get(key) ?? { holders: 0, exclusive: false, waiting: new Set() };
    this.#locks.set(key, lock);
    if (lock.waiting.size === 0 && isFree(lock, exclusive)) take(lock, exclusive);
    else await this.#wait(lock, exclusive, signal);
    try {
      return await action();
    } finally {
      lock.holders--;
      this.#pass(key, lock);
    }
  }

  #wait(lock: Lock, exclusive: boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        lock.waiting.delete(waiter);
        // What waited behind it alone may enter now.
        this.#admit(lock);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        exclusive,
        enter: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      lock.waiting.add(waiter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  #pass(key: string, lock: Lock): void {
    this.#admit(lock);
    if (lock.holders === 0 && lock.waiting.size === 0) this.#locks.delete(key);
  }

  #admit(lock: Lock): void {
    for (const waiter of lock.waiting) {
      if (!isFree(lock, waiter.exclusive)) return;
      lock.waiting.delete(waiter);
      take(lock, waiter.exclusive);
      waiter.enter();
    }
  }
}

function isFree(lock: Lock, exclusive: boolean): boolean {
  return lock.holders === 0 || (!exclusive && !lock.exclusive);
}

function take(lock: Lock, exclusive: boolean): void {
  lock.holders++;
  lock.exclusive = exclusive;
}
