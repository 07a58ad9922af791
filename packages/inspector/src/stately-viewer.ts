import type { HostNews } from "@reeve/runtime/internal/inspection";
import type { Fleet, FleetSeat, FleetViewer } from "./fleet.ts";
import { type Hearing, isTombstone, isUnknown } from "./hearing.ts";
import { Outlet, type Socket } from "./outlet.ts";
import { type StatelyFrame, StatelyFrames } from "./stately-frame.ts";
import { StatelyHost, type StatelyHostPort } from "./stately-host.ts";
import type { StatelySession } from "./stately-session.ts";

/** An official tool that is attached. It is told no payloads: it may show them on a page of somebody else. */
export class StatelyViewer implements FleetViewer {
  readonly #outlet: Outlet;
  readonly #hosts = new Map<string, StatelyHost>();
  /** Those that are gone, and the viewer was too slow to be told so. */
  readonly #gone = new Set<StatelyHost>();
  readonly #port: StatelyHostPort;
  readonly #seat: FleetSeat;

  constructor(socket: Socket, fleet: Fleet, wallNow: () => number) {
    this.#port = {
      frames: new StatelyFrames(),
      send: (frame) => this.#send(frame),
      definition: (key) => fleet.definition(key),
      manager: (name) => this.#manager(name),
      now: wallNow,
    };
    this.#outlet = new Outlet(socket, (missed) => this.#catchUp(missed));
    this.#seat = fleet.join(this);
  }

  leave(): void {
    this.#seat.leave();
  }

  news(news: HostNews): void {
    const { instance, host } = news;
    let known = this.#hosts.get(instance);
    if (!known && host) {
      known = new StatelyHost(instance, host.host, host.startedAt, this.#port);
      this.#hosts.set(instance, known);
    }
    known?.news(news);
  }

  hearing(instance: string, _: string, hearing: Hearing | undefined): void {
    const host = this.#hosts.get(instance);
    const told = toldAs(hearing);
    host?.hearing(told);
    if (told !== "gone" || !host) return;
    this.#hosts.delete(instance);
    if (!host.told) this.#gone.add(host);
  }

  #manager(name: string): StatelySession | undefined {
    // Of two hosts of one name the older one has fallen silent.
    for (const host of [...this.#hosts.values()].reverse()) {
      const session = host.manager(name);
      if (session && !session.over) return session;
    }
    return undefined;
  }

  #catchUp(missed: number): void {
    for (const host of [...this.#gone, ...this.#hosts.values()]) host.catchUp(missed);
    for (const host of this.#gone) if (host.told) this.#gone.delete(host);
    queueMicrotask(() => this.#seat.tellAll());
  }

  #send(frame: StatelyFrame): boolean {
    return this.#outlet.send(JSON.stringify(frame));
  }
}

/** These tools know no last word: what is lost or has stopped is gone, and begins anew when it is back. */
function toldAs(hearing: Hearing | undefined): "heard" | "silent" | "gone" {
  if (!hearing || isTombstone(hearing)) return "gone";
  return isUnknown(hearing) ? "silent" : "heard";
}
