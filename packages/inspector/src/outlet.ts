/** The part of a WebSocket that is written to. */
export interface Socket {
  readonly bufferedAmount: number;
  send(text: string): void;
}

/** Above this many unsent bytes a viewer is slow, and below `caughtUp` it no longer is. */
const slow = 4_194_304;
const caughtUp = 131_072;

/** Writes to one viewer. While it is slow, frames are dropped and counted, so that it costs no memory. */
export class Outlet {
  readonly #socket: Socket;
  readonly #onCaughtUp: (missed: number) => void;
  #missed = 0;
  #behind = false;

  /** @param onCaughtUp told how many frames were dropped, once there is room again */
  constructor(socket: Socket, onCaughtUp: (missed: number) => void) {
    this.#socket = socket;
    this.#onCaughtUp = onCaughtUp;
  }

  /** False when it was dropped. */
  send(text: string): boolean {
    if (this.#behind && this.#socket.bufferedAmount < caughtUp) {
      const missed = this.#missed;
      this.#behind = false;
      this.#missed = 0;
      this.#onCaughtUp(missed);
    }
    if (this.#behind || this.#socket.bufferedAmount > slow) {
      this.#behind = true;
      this.#missed += 1;
      return false;
    }
    this.#socket.send(text);
    return true;
  }
}
