import type { Socket } from "node:net";
import type { Clock } from "@reeve/runtime";
import type { Timer } from "@reeve/runtime/transport";

interface Due {
  readonly at: number;
  readonly act: () => void;
}

/** What one end of a proxied connection sends to the other: held back, delayed or swallowed as told, never out of order. */
export class OneWay {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #clock: Clock;
  #delayMs = 0;
  #held = false;
  #swallowed = false;
  #full = false;
  #queue: Due[] = [];
  #timer: Timer | undefined;

  constructor(from: Socket, to: Socket, clock: Clock) {
    this.#from = from;
    this.#to = to;
    this.#clock = clock;
    from.on("data", (chunk) => this.#later(() => this.#write(chunk)));
    from.on("end", () => this.#later(() => to.end()));
    to.on("drain", () => {
      this.#full = false;
      this.#flow();
    });
  }

  set delayMs(ms: number) {
    this.#delayMs = ms;
  }

  /** Not read from while held, so what is sent stays in buffers and comes once it is let go. */
  set held(held: boolean) {
    this.#held = held;
    this.#flow();
  }

  swallow(): void {
    this.#swallowed = true;
    this.#queue = [];
    this.#flow();
  }

  #write(chunk: Buffer): void {
    if (!this.#to.writable) return;
    this.#full = !this.#to.write(chunk);
    this.#flow();
  }

  #flow(): void {
    if (this.#swallowed || (!this.#held && !this.#full)) this.#from.resume();
    else this.#from.pause();
  }

  #later(act: () => void): void {
    if (this.#swallowed) return;
    // Never before what came earlier, even when the delay was shortened meanwhile.
    const at = Math.max(this.#clock.now() + this.#delayMs, this.#queue.at(-1)?.at ?? 0);
    this.#queue.push({ at, act });
    if (this.#queue.length === 1) this.#run();
  }

  #run(): void {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      const waitMs = next.at - this.#clock.now();
      if (waitMs > 0) {
        this.#clock.clearTimeout(this.#timer);
        this.#timer = this.#clock.setTimeout(() => this.#run(), waitMs);
        return;
      }
      this.#queue.shift();
      next.act();
    }
  }
}
