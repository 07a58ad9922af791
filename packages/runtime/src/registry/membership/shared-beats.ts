/** What a thread that beats and the process it beats for have in common; threads that take over go on where the one before them ended. */
export class SharedBeats {
  readonly #times: Float64Array;
  /** For another thread to make one of. */
  readonly memory: Int32Array;

  constructor(memory: Int32Array = new Int32Array(new SharedArrayBuffer(32))) {
    this.memory = memory;
    this.#times = new Float64Array(memory.buffer, 16, 2);
  }

  /** How often the process's event loop has turned. */
  get ticks(): number {
    return Atomics.load(this.memory, 0);
  }

  tick(): void {
    Atomics.add(this.memory, 0, 1);
  }

  nextSequence(): number {
    return Atomics.add(this.memory, 1, 1) + 1;
  }

  /** The number of what was put last while a stand-in beats as well; 0 while none does. */
  get standInKnows(): number {
    return Atomics.load(this.memory, 2);
  }

  set standInKnows(number: number) {
    Atomics.store(this.memory, 2, number);
  }

  /** When something was last said to all, by the clock that counts sleep; 0 before. */
  get spokeAt(): number {
    return this.#times[0]!;
  }

  set spokeAt(at: number) {
    this.#times[0] = at;
  }

  /** When it had last been silent for too long: see {@link Voice}. */
  get lapsedAt(): number {
    return this.#times[1]!;
  }

  set lapsedAt(at: number) {
    this.#times[1] = at;
  }
}
