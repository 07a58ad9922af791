import { ReeveError } from "@reeve/contract";
import { OwnProcess } from "@reeve/example-telling";
import type { Answered, Order } from "./order.ts";
import type { Settings } from "./settings.ts";

/** A process that makes the calls that it is told to make. */
export class CallerProcess extends OwnProcess {
  readonly #waiting = new Map<number, (answered: Answered) => void>();
  #calls = 0;

  private constructor(settings: Settings, password: string) {
    super(new URL("./caller.ts", import.meta.url), [JSON.stringify(settings)], { REEVE_PASSWORD: password });
  }

  /** @throws Error when it ends before it is connected */
  static async start(settings: Settings, password: string): Promise<CallerProcess> {
    const caller = new CallerProcess(settings, password);
    const { value } = await caller.lines.next();
    if (value === undefined) throw new Error(`${settings.host} ended before it was connected`);
    void caller.#hear();
    return caller;
  }

  /** @throws ReeveError as it was told, with its outcome */
  async call<T>(order: Omit<Order, "id">): Promise<T> {
    const id = this.#calls++;
    const answered = await new Promise<Answered>((resolve) => {
      this.#waiting.set(id, resolve);
      this.tell(JSON.stringify({ id, ...order }));
    });
    if (answered.error)
      throw "code" in answered.error ? new ReeveError(answered.error) : new Error(answered.error.message);
    return answered.value as T;
  }

  async #hear(): Promise<void> {
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) break;
      const answered = JSON.parse(value) as Answered;
      this.#waiting.get(answered.id)?.(answered);
      this.#waiting.delete(answered.id);
    }
    for (const [id, resolve] of this.#waiting) resolve({ id, error: { message: "the caller has ended" } });
  }
}
