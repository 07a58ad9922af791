/** What a thread that beats and the process it beats for have in common; threads that take over go on where the one before them ended. */
export class SharedBeats {
  /** For another thread to make one of. */
  readonly memory: Int32Array;

  constructor(memory: Int32Array = new Int32Array(new SharedArrayBuffer(12))) {
    this.memory = memory;
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
}
