import type { ActorNews, HostNews, MessageNews } from "@reeve/runtime/internal/inspection";
import type { Fleet, FleetSeat, FleetViewer } from "./fleet.ts";
import { Outlet, type Socket } from "./outlet.ts";
import { actorFrame, eventFrame, missedFrames, type StatelyFrame, snapshotFrame } from "./stately-frame.ts";

/** An official tool that is attached. */
export class StatelyViewer implements FleetViewer {
  readonly #fleet: Fleet;
  readonly #outlet: Outlet;
  readonly #ids = new Map<string, string>();
  readonly #seat: FleetSeat;

  constructor(socket: Socket, fleet: Fleet, wallNow: () => number) {
    this.#fleet = fleet;
    this.#outlet = new Outlet(socket, (missed) => {
      for (const frame of missedFrames(missed, wallNow())) this.#say(frame);
      queueMicrotask(() => this.#seat.tellAll());
    });
    this.#seat = fleet.join(this);
  }

  leave(): void {
    this.#seat.leave();
  }

  news({ actors = [], changes = [], messages = [], ended = [] }: HostNews): void {
    for (const actor of actors) if (!ended.includes(actor.id)) this.#introduce(actor);
    for (const message of messages) this.#say(eventFrame(this.#named(message)));
    for (const change of changes) this.#say(snapshotFrame(change));
  }

  hearing(): void {
    // These tools know no hosts.
  }

  /** A caller on another host is known by its name only. */
  #named(message: MessageNews): MessageNews {
    const { from } = message;
    const id = from === undefined ? undefined : this.#ids.get(from);
    return id === undefined ? message : { ...message, from: id };
  }

  #introduce(actor: ActorNews): void {
    this.#ids.set(actor.name, actor.id);
    this.#say(actorFrame(actor, this.#fleet.definition(actor.definition) ?? { id: actor.name }));
    this.#say(snapshotFrame({ id: actor.id, event: "xstate.init", snapshot: actor.snapshot, at: actor.at }));
  }

  #say(frame: StatelyFrame): void {
    this.#outlet.send(JSON.stringify(frame));
  }
}
