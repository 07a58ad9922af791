import type { InspectionBus } from "./bus.ts";
import type { ActorFrame, InspectionSnapshot } from "./frame.ts";
import { TransitionLog } from "./transition-log.ts";

const definition = { id: "manager", initial: "booting", states: { booting: {}, degraded: {} } };

/** An actor that shows itself to a bus as a manager does. */
export class WatchedActor {
  readonly name: string;
  readonly #bus: InspectionBus;
  readonly #past = new TransitionLog();
  #remove: () => void;
  #state = "serving";
  epoch: number;
  calls = 0;
  own: unknown = undefined;

  constructor(bus: InspectionBus, name: string, epoch = 1) {
    this.#bus = bus;
    this.name = name;
    this.epoch = epoch;
    this.#remove = bus.add({
      describe: () => this.#describe(),
      load: () => ({ id: this.id, inFlight: 0, queued: 0, calls: this.calls, errors: 0 }),
    });
  }

  get id(): string {
    return `${this.name}#${this.epoch}`;
  }

  move(state: string, event: string, at = 0): void {
    this.#state = state;
    this.#past.add({ at, event, value: state, causes: [], epoch: this.epoch });
    if (this.#bus.watched) {
      this.#bus.emit({ type: "snapshot", id: this.id, event: { type: event }, snapshot: this.#snapshot(), at });
    }
  }

  call(operation: string, { from, payload }: { from?: WatchedActor; payload?: unknown } = {}): void {
    this.calls += 1;
    if (!this.#bus.watched) return;
    const event = { type: "call", operation, ...(payload === undefined ? {} : { payload }) };
    this.#bus.emit({ type: "event", id: this.id, sourceId: from?.id, event, at: 0 });
  }

  end(): void {
    this.#remove();
  }

  #describe(): ActorFrame {
    const { id, name } = this;
    const history = this.#past.steps();
    return {
      type: "actor",
      id,
      name,
      host: "a",
      parentId: undefined,
      definition,
      snapshot: this.#snapshot(),
      history,
      at: 1_000,
    };
  }

  #snapshot(): InspectionSnapshot {
    const { epoch, calls, own } = this;
    const context = { causes: [], epoch, inFlight: 0, queued: 0, calls, errors: 0, startedAt: 0 };
    return { status: "active", value: this.#state, context: own === undefined ? context : { ...context, own } };
  }
}
