import type { ChildState } from "./child-state.ts";
import type { OrderedChild } from "./children.ts";

/** A child that is a plain object: it says what it was told, and does what the test says. */
export class PlainSupervised implements OrderedChild {
  readonly key: string;
  readonly #told: string[];
  readonly #opening = Promise.withResolvers<void>();
  readonly #stopping = Promise.withResolvers<void>();
  state: ChildState = "absent";
  alive = false;

  constructor(key: string, told: string[]) {
    this.key = key;
    this.#told = told;
  }

  announce(): void {}

  heed(): void {}

  open(): Promise<void> {
    this.#told.push(`${this.key} opens`);
    this.state = "starting";
    return this.#opening.promise;
  }

  ready(): Promise<void> {
    return this.#opening.promise;
  }

  stop(): Promise<void> {
    this.#told.push(`${this.key} stops`);
    return this.#stopping.promise;
  }

  async terminate(): Promise<void> {
    this.#told.push(`${this.key} terminated`);
    this.#end();
  }

  /** Its endpoints are open. */
  async opens(): Promise<void> {
    this.state = "running";
    this.#opening.resolve();
    await turns();
  }

  async fails(error: unknown): Promise<void> {
    if (this.state === "starting") this.state = "failed";
    this.#opening.reject(error);
    await turns();
  }

  /** It has stopped, as it was told. */
  async stops(): Promise<void> {
    this.#end();
    this.#stopping.resolve();
    await turns();
  }

  #end(): void {
    this.state = "stopped";
    this.alive = false;
  }
}

/** Lets what was settled be noticed. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}
