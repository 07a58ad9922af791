import {
  type ActorNews,
  type ChangeNews,
  type ChildChangeNews,
  type ChildNews,
  type HostNews,
  inOrder,
  type MessageNews,
  type ReplyNews,
  type Step,
} from "@reeve/runtime/internal/inspection";
import type { ShownSnapshot, StatelyEvent } from "./stately-frame.ts";
import { type SessionPort, StatelySession } from "./stately-session.ts";

/** How many sessions that are over are known, for answers that come after. */
const mostOver = 100;
/** How many sessions of one host are known: news comes from others. */
const mostSessions = 32_768;

/** A host as a chart. */
const definition = {
  id: "host",
  initial: "heard",
  states: {
    heard: { on: { "host.silent": "silent" } },
    silent: { on: { "host.heard": "heard" } },
    gone: { type: "final" },
  },
  on: { "host.gone": ".gone" },
};

export interface StatelyHostPort extends SessionPort {
  /** The chart of that key. */
  definition(key: string): object | undefined;
  /** The session of the manager of that name, on whichever host. */
  manager(name: string): StatelySession | undefined;
  now(): number;
}

/** One host as one viewer is told of it: a root, its managers below it, users' actors below these, in the order in which it happened. */
export class StatelyHost {
  readonly root: StatelySession;
  readonly #instance: string;
  readonly #port: StatelyHostPort;
  /** By the id in news, each after what it is below. */
  readonly #sessions = new Map<string, StatelySession>();
  /** The last of each manager, by name. */
  readonly #managers = new Map<string, StatelySession>();
  /** Ids of those that are over, oldest first. */
  #over: string[] = [];
  /** Ids of news that was to tell everything and has not told of these. */
  #unconfirmed: Set<string> | undefined;

  constructor(instance: string, host: string, startedAt: number, port: StatelyHostPort) {
    this.#instance = instance;
    this.#port = port;
    const actor = { sessionId: instance, rootId: instance, parent: undefined, name: host, definition };
    this.root = new StatelySession(actor, { status: "active", value: "heard", context: { startedAt } }, port);
  }

  manager(name: string): StatelySession | undefined {
    return this.#managers.get(name);
  }

  /** It is gone, and the viewer was told all of it. */
  get told(): boolean {
    return !this.root.known && [...this.#sessions.values()].every(({ known }) => !known);
  }

  news(news: HostNews): void {
    if (news.host) this.#beginWhole(news);
    else if (!news.more) this.#endWhole();
    const gone = new Set(news.ended);
    for (const step of inOrder(news)) if (!gone.has(idOf(step))) this.#step(step);
    for (const id of gone) this.#stop(id, news.at);
  }

  hearing(hearing: "heard" | "silent" | "gone"): void {
    const at = this.#port.now();
    const event = { type: `host.${hearing}` };
    if (hearing === "gone") {
      for (const session of [...this.#sessions.values()].reverse()) session.stopped("xstate.stop", at);
      this.root.stopped(event.type, at, "gone");
    } else {
      this.root.took(event, undefined, at);
      this.root.changed(event, { status: "active", value: hearing, context: {} }, at);
    }
  }

  /** Something was not sent: what ended meanwhile is told now, and what lives when it is told again. */
  catchUp(missed: number): void {
    for (const session of [...this.#sessions.values()].reverse()) session.catchUp();
    this.#forget();
    this.root.catchUp();
    this.root.took({ type: "frames.dropped", missed }, undefined, this.#port.now());
  }

  #beginWhole({ host, at }: HostNews): void {
    this.root.present({ status: "active", value: "heard", context: { startedAt: host!.startedAt } }, at);
    const live = [...this.#sessions].filter(([, session]) => !session.over);
    this.#unconfirmed = new Set(live.map(([id]) => id));
  }

  /** All has been told: what was not is no more. */
  #endWhole(): void {
    const missing = [...(this.#unconfirmed ?? [])].reverse();
    this.#unconfirmed = undefined;
    for (const id of missing) this.#stop(id, this.#port.now());
  }

  #step({ list, told }: Step): void {
    switch (list) {
      case "actors":
        return this.#manager(told);
      case "children":
        return this.#child(told);
      case "messages":
        return this.#message(told);
      case "replies":
        return this.#reply(told);
      case "changes":
        return this.#change(told, managerSnapshot(told.snapshot));
      case "childChanges":
        return this.#change(told, told.snapshot);
    }
  }

  #manager({ id, name, definition, snapshot, at }: ActorNews): void {
    const before = this.#managers.get(name);
    const session = this.#session(id, name, this.root, definition, managerSnapshot(snapshot));
    if (!session) return;
    if (before && before !== session) this.#replaced(before, at);
    this.#managers.set(name, session);
    session.present(managerSnapshot(snapshot), at);
  }

  #child({ id, name, parentId, definition, snapshot, at }: ChildNews): void {
    const parent = this.#sessions.get(parentId);
    if (!parent || parent.over) return;
    this.#session(id, name, parent, definition, snapshot)?.present(snapshot, at);
  }

  #session(
    id: string,
    name: string,
    parent: StatelySession,
    chart: string,
    snapshot: ShownSnapshot,
  ): StatelySession | undefined {
    this.#unconfirmed?.delete(id);
    const known = this.#sessions.get(id);
    if (known || this.#sessions.size >= mostSessions) return known;
    const definition = this.#port.definition(chart) ?? { id: name };
    const ids = { sessionId: `${this.#instance}/${id}`, rootId: this.#instance, parent };
    const session = new StatelySession({ ...ids, name, definition }, snapshot, this.#port);
    this.#sessions.set(id, session);
    return session;
  }

  #message({ from, to, type, operation, requestId, count, at }: MessageNews): void {
    const session = this.#sessions.get(to);
    if (!session) return;
    const event: StatelyEvent = {
      type: operation === undefined ? type : `${contractOf(session)}.${operation}`,
      ...(requestId === undefined ? {} : { requestId }),
      ...(count === 1 ? {} : { count }),
    };
    session.took(event, from === undefined ? undefined : this.#sourceOf(from), at);
  }

  /** A caller that is no actor, or is gone, is answered on the host. */
  #reply({ from, to, operation, requestId, end, at }: ReplyNews): void {
    const session = this.#sessions.get(from);
    if (!session) return;
    const failed = typeof end === "object";
    const event: StatelyEvent = {
      type: `${contractOf(session)}.${operation}.${failed ? "error" : end}`,
      requestId,
      ...(failed ? { reason: end.reason, outcome: end.outcome } : {}),
    };
    const caller = to === undefined ? undefined : this.#callerOf(to);
    const { sessionId } = session.actor;
    (caller?.known && !caller.over ? caller : this.root).took(event, sessionId, at);
  }

  #change({ id, event, at }: ChangeNews | ChildChangeNews, snapshot: ShownSnapshot): void {
    const session = this.#sessions.get(id);
    if (!session || session.over) return;
    if (snapshot.status !== "active") this.#stopBelow(session, at);
    session.changed({ type: event }, snapshot, at);
    if (session.over) this.#ended(id);
  }

  /** Its id where it is an actor here, else the name of a manager somewhere. */
  #sourceOf(from: string): string | undefined {
    const session = this.#sessions.get(from) ?? this.#callerOf(from);
    return session?.known ? session.actor.sessionId : undefined;
  }

  #callerOf(name: string): StatelySession | undefined {
    return this.#managers.get(name) ?? this.#port.manager(name);
  }

  #replaced(before: StatelySession, at: number): void {
    for (const [id, session] of this.#sessions) if (session === before) return this.#stop(id, at);
  }

  #stop(id: string, at: number): void {
    const session = this.#sessions.get(id);
    if (!session || session.over) return;
    this.#stopBelow(session, at);
    session.stopped("xstate.stop", at);
    this.#ended(id);
  }

  #stopBelow(parent: StatelySession, at: number): void {
    for (const [id, { actor, over }] of this.#sessions) if (actor.parent === parent && !over) this.#stop(id, at);
  }

  #ended(id: string): void {
    this.#over.push(id);
    if (this.#over.length > mostOver) this.#forget();
  }

  /** An end that a slow viewer was not sent yet is kept until it was. */
  #forget(): void {
    const oldest = this.#over.splice(0, Math.max(0, this.#over.length - mostOver));
    for (const id of oldest) {
      const session = this.#sessions.get(id)!;
      if (session.known) this.#over.push(id);
      else this.#drop(id, session);
    }
  }

  #drop(id: string, session: StatelySession): void {
    this.#sessions.delete(id);
    const { name } = session.actor;
    if (this.#managers.get(name) === session) this.#managers.delete(name);
  }
}

/** `volume` of `volume/block-01@ssd`. */
function contractOf({ actor }: StatelySession): string {
  return actor.name.split("/", 1)[0]!;
}

/** A manager that failed says why where XState says it. */
function managerSnapshot({ status, value, context }: ActorNews["snapshot"]): ShownSnapshot {
  return { status, value, context, error: context.failure };
}

function idOf({ list, told }: Step): string {
  return list === "actors" ? told.id : "";
}
