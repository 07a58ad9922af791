import { isDeepStrictEqual } from "node:util";
import type { ShownSnapshot, StatelyEvent, StatelyFrame, StatelyFrames, StatelyPlace } from "./stately-frame.ts";

/** What is known of an actor when it is told of first. */
export interface SessionActor {
  readonly sessionId: string;
  readonly rootId: string;
  /** Undefined for a host. */
  readonly parent: StatelySession | undefined;
  readonly name: string;
  readonly definition: object;
}

export interface SessionPort {
  readonly frames: StatelyFrames;
  /** False when the viewer was not sent it. */
  send(frame: StatelyFrame): boolean;
}

/**
 * One life of an actor, as one viewer was told of it: its beginning first and once, its end last and once. What a slow viewer was
 * not sent of these is told when it is asked for again.
 */
export class StatelySession {
  readonly actor: SessionActor;
  readonly #port: SessionPort;
  #begun = false;
  #snapshot: ShownSnapshot;
  /** The viewer was not sent what was said of it last. */
  #missed = false;
  #end: { readonly event: StatelyEvent; readonly at: number } | undefined;
  #endTold = false;

  constructor(actor: SessionActor, snapshot: ShownSnapshot, port: SessionPort) {
    this.actor = actor;
    this.#snapshot = snapshot;
    this.#port = port;
  }

  /** Nothing is told of it any more, but for an end that the viewer missed. */
  get over(): boolean {
    return this.#end !== undefined;
  }

  /** The viewer was told that it has begun, and not that it has ended. */
  get known(): boolean {
    return this.#begun && !this.#endTold;
  }

  /** It is there, as it is now; the first time it begins. What the viewer has of it already is not told again. */
  present(snapshot: ShownSnapshot, at: number): void {
    if (this.over) return;
    const again = this.#begun;
    const isTold = again && !this.#missed && isDeepStrictEqual(snapshot, this.#snapshot);
    this.#snapshot = snapshot;
    if (!again) this.#begin(at);
    if (this.#begun && !isTold) this.#say(at, { type: again ? "inspector.told.again" : "xstate.init" });
  }

  took(event: StatelyEvent, sourceId: string | undefined, at: number): void {
    const { frames, send } = this.#port;
    if (this.known && !this.over) send.call(this.#port, frames.event(this.#place(at), sourceId, event));
  }

  /** The event has given it this snapshot; one that is not `active` is its end. */
  changed(event: StatelyEvent, snapshot: ShownSnapshot, at: number): void {
    if (this.over) return;
    this.#snapshot = snapshot;
    if (snapshot.status !== "active") this.#end = { event, at };
    if (this.#begun) this.#endTold = this.#say(at, event) && this.over;
  }

  /** It is no more, and how it ended was not told. */
  stopped(type: string, at: number, value = this.#snapshot.value): void {
    this.changed({ type }, { ...this.#snapshot, value, status: "stopped" }, at);
  }

  /** Tells the end, where the viewer was not sent it. */
  catchUp(): void {
    if (this.#end && this.known) this.#endTold = this.#say(this.#end.at, this.#end.event);
  }

  /** Not before what it is below: the viewer may have been too slow for that. */
  #begin(at: number): void {
    const { frames } = this.#port;
    const { parent, name, definition } = this.actor;
    if (parent && !parent.known) return;
    const actor = { name, definition, parentId: parent?.actor.sessionId };
    this.#begun = this.#port.send(frames.actor(this.#place(at), actor, this.#snapshot));
  }

  #say(at: number, event: StatelyEvent): boolean {
    const sent = this.#port.send(this.#port.frames.snapshot(this.#place(at), event, this.#snapshot));
    this.#missed = !sent;
    return sent;
  }

  #place(at: number): StatelyPlace {
    const { sessionId, rootId } = this.actor;
    return { sessionId, rootId, at };
  }
}
