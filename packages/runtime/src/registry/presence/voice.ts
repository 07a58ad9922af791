/** Others call a process dead that they have not heard for so long, or for three of its intervals. */
const deadAfterMs = 10_000;
const deadAfterIntervals = 3;

/** When a process was heard, by the clock that counts sleep; shared by all threads that speak for it. */
export interface Voice {
  /** 0 before the first time. */
  spokeAt: number;
  /** When it spoke again after so long a silence that others had taken it for dead, and its addresses for free. */
  lapsedAt: number;
}

/** Whoever looks first after a long silence finds out: others have taken the process for dead. Before it says anything more. */
export function checkVoice(voice: Voice, everyMs: number, now: number): void {
  const limitMs = Math.max(deadAfterMs, deadAfterIntervals * everyMs);
  if (voice.spokeAt === 0 || now - voice.spokeAt <= limitMs) return;
  voice.lapsedAt = now;
  voice.spokeAt = now;
}

/** What the event loop of a process and the thread that speaks for it have in common. */
export class SharedVoice implements Voice {
  readonly #times: Float64Array;
  /** For another thread to make one of. */
  readonly memory: Int32Array;

  constructor(memory: Int32Array = new Int32Array(new SharedArrayBuffer(24))) {
    this.memory = memory;
    this.#times = new Float64Array(memory.buffer, 8, 2);
  }

  /** How often the event loop has turned. */
  get ticks(): number {
    return Atomics.load(this.memory, 0);
  }

  tick(): void {
    Atomics.add(this.memory, 0, 1);
  }

  /** Of the next heartbeat, whichever thread sends it. */
  nextSequence(): number {
    return Atomics.add(this.memory, 1, 1) + 1;
  }

  get spokeAt(): number {
    return this.#times[0]!;
  }

  set spokeAt(at: number) {
    this.#times[0] = at;
  }

  get lapsedAt(): number {
    return this.#times[1]!;
  }

  set lapsedAt(at: number) {
    this.#times[1] = at;
  }
}
