/** Whether a device was away and has not been compared since. One that was may have restarted meanwhile. */
export class Absence {
  readonly #isHere: () => boolean;
  #wasAway = false;

  constructor(isHere: () => boolean) {
    this.#isHere = isHere;
  }

  /** Whether it has come back; to be asked every now and then, for nobody tells. */
  get isOver(): boolean {
    const isHere = this.#isHere();
    if (!isHere) this.#wasAway = true;
    return isHere && this.#wasAway;
  }

  /** It was compared. */
  compared(): void {
    this.#wasAway = false;
  }
}
