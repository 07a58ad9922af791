/** How late timers are, in a process that has something else to do. */
export interface LoopWatch {
  /** Ends the watching. Returns what 99 of 100 timers waited beyond their time, ms. */
  end(): number;
}

/**
 * Asks for a timer every millisecond, whatever happens to those before: a loop that stands still for a second makes a thousand
 * of them late, where a monitor that takes one sample for each turn would count it once, or not at all.
 */
export function watchLoop(): LoopWatch {
  const delaysMs: number[] = [];
  let dueAt = performance.now() + 1;
  const look = () => {
    for (const now = performance.now(); dueAt <= now; dueAt++) delaysMs.push(now - dueAt);
  };
  const timer = setInterval(look, 1);
  return {
    end() {
      clearInterval(timer);
      look();
      return delaysMs.sort((one, other) => one - other)[Math.floor(delaysMs.length * 0.99)] ?? 0;
    },
  };
}
