import type { Outcome } from "@reeve/contract";
import type { Random } from "../../../base/random.ts";
import { initial, isLive, next, published } from "../client/remote-call.ts";
import type { End, EventName, Facts } from "../client/remote-call-state.ts";
import type { CalleeMessage, CalleeProcess, CallerMessage } from "./callee.test-kit.ts";
import { Channel } from "./channel.test-kit.ts";
import type { EventQueue } from "./event-queue.test-kit.ts";
import { Link, type Network } from "./network.test-kit.ts";
import type { RuleName, Scenario } from "./rules.test-kit.ts";
import type { SimulatedCall } from "./simulated-call.test-kit.ts";

/** Who lives at an address, as far as a caller knows. */
export interface Known {
  readonly incarnation: string;
  readonly store: string;
}

export interface CallerWorld {
  readonly events: EventQueue;
  readonly network: Network;
  readonly random: Random;
  readonly scenario: Scenario;
  readonly addresses: readonly number[];
  /** Who gets what is sent to that address, or to anybody: nobody, one, or both that listen at one address. */
  listening(address: number | undefined): readonly CalleeProcess[];
  lives(incarnation: string): boolean;
}

/** One life of a process that calls: it does what the caller's machine says, over its own link. */
export class CallerProcess {
  readonly link = new Link();
  readonly token = "cli";
  lives = true;
  readonly #nonce: string;
  readonly #world: CallerWorld;
  readonly #members = new Map<number, Known>();
  readonly #channels = new Map<string, Channel>();
  readonly #calls = new Map<SimulatedCall, Channel>();
  /** Which publish of a call a notice is about. */
  readonly #batches = new Map<SimulatedCall, number>();
  /** Incarnations that had been silent for long when they went, and since when. */
  readonly #silent = new Map<string, number>();
  #batch = 0;

  constructor(world: CallerWorld, nonce: string) {
    this.#world = world;
    this.#nonce = nonce;
    this.link.onChange((up) => this.#linkChanged(up));
  }

  /** Begins a call, by address or by queue group. */
  begin(call: SimulatedCall): void {
    this.#attempt(call);
    this.#world.events.after(call.deadlineAt - this.#world.events.now, () => this.happen(call, "deadline"));
  }

  cancel(call: SimulatedCall): void {
    this.happen(call, "cancel");
  }

  /** Membership says who is at an address now. */
  heard(address: number, who: Known): void {
    const before = this.#members.get(address);
    if (before && before.incarnation !== who.incarnation) this.gone(address, before.incarnation);
    this.#members.set(address, who);
    for (const call of [...this.#calls.keys()]) {
      if (call.state.name !== "awaiting") continue;
      if (call.address === address) this.happen(call, "returned");
      else this.happen(call, "served");
    }
  }

  gone(address: number, incarnation: string, silentSince?: number): void {
    if (silentSince !== undefined) this.#silent.set(incarnation, silentSince);
    if (this.#members.get(address)?.incarnation === incarnation) this.#members.delete(address);
    for (const [call, channel] of [...this.#calls]) if (channel.incarnation === incarnation) this.happen(call, "gone");
  }

  calleeReconnected(incarnation: string): void {
    for (const [call, channel] of [...this.#calls])
      if (channel.incarnation === incarnation) this.happen(call, "reconnected");
  }

  /** Says what it has, so that callees can let go of it. */
  acknowledge(): void {
    for (const channel of this.#channels.values()) {
      for (const address of this.#world.addresses)
        for (const callee of this.#world.listening(address))
          callee.receive(this.#message(channel, "nothing", 0, undefined as never));
    }
  }

  get prefixes(): string[] {
    return [...this.#channels.values()].map(({ prefix }) => prefix);
  }

  happen(call: SimulatedCall, event: EventName, own: Outcome = "not-executed"): void {
    const channel = this.#calls.get(call);
    if (!this.lives || !channel || call.told !== undefined) return;
    const { copies } = call.state;
    const { state, action, outcome } = next(call.state, event, this.#facts(call, channel));
    call.state = state;
    if (event === "forgotten" && this.#world.lives(channel.incarnation ?? "")) call.answerLost = true;
    if (this.#leavesOut("nobody heard it only if one copy left") && copies === 2)
      if (event === "unheard" || event === "superseded") return this.#ended(call, "never-sent");
    if (action === "deliver") this.#tell(call, "executed");
    else if (action === "refuse") this.#ended(call, toldOf(outcome!, own));
    else if (action === "resend") this.#publish(call);
    else if (action === "retry") this.#retry(call);
    else if (action === "renew") this.#renew(call, outcome === "never-sent");
    else if (outcome !== undefined) this.#waitOver(call, channel, outcome as Outcome, action === "tellCancel");
  }

  #waitOver(call: SimulatedCall, channel: Channel, outcome: Outcome, cancels: boolean): void {
    if (cancels) this.#send(channel, "cancel", call.number, call);
    const lie = this.#leavesOut("what left may have run");
    this.#tell(call, lie ? "not-executed" : outcome);
  }

  #facts(call: SimulatedCall, channel: Channel): Facts {
    const here = this.#members.get(call.address);
    return {
      repeat: call.repeat,
      named: channel.incarnation !== undefined || this.#leavesOut("sent again to a named incarnation only"),
      lives: channel.incarnation !== undefined && here?.incarnation === channel.incarnation,
      silent: (this.#silent.get(channel.incarnation ?? "") ?? Number.POSITIVE_INFINITY) < call.sentAt,
      elsewhere: [...this.#members.keys()].some((address) => address !== call.address),
      sameStore: here === undefined || here.store === channel.store,
    };
  }

  /** Somebody takes it: a member by address, or whoever the queue group picks. */
  #attempt(call: SimulatedCall): void {
    call.state = initial;
    this.#release(call);
    const who = this.#members.get(call.address);
    if (call.byGroup) this.#assign(call, this.#channel("any", {}));
    else if (who) this.#assign(call, this.#channel(who.incarnation, who));
    else return this.#world.events.after(100, () => this.#await(call));
    this.#publish(call);
  }

  /** Nobody is known there yet. */
  #await(call: SimulatedCall): void {
    if (!this.lives || call.told !== undefined) return;
    if (this.#world.events.now >= call.deadlineAt)
      return call.tell(call.doubt ? "maybe-executed" : "never-sent", call.deadlineAt);
    this.#attempt(call);
  }

  #assign(call: SimulatedCall, channel: Channel): void {
    call.number = channel.take(call);
    this.#calls.set(call, channel);
  }

  #channel(key: string, who: { incarnation?: string; store?: string }): Channel {
    let channel = this.#channels.get(key);
    if (!channel) {
      const secret = this.#leavesOut("a secret for each incarnation") ? "" : `.${this.#channels.size}`;
      const numbers = this.#leavesOut("numbers are never used again") ? 16 : undefined;
      channel = new Channel(`_INBOX.${this.token}.${this.#nonce}${secret}`, who, numbers);
      this.#channels.set(key, channel);
    }
    return channel;
  }

  #publish(call: SimulatedCall): void {
    const channel = this.#calls.get(call);
    if (!channel || !this.lives || !this.link.up || !isLive(call.state)) return;
    call.state = published(call.state);
    call.sentAt = this.#world.events.now;
    this.#batches.set(call, ++this.#batch);
    this.#send(channel, "call", call.number, call);
  }

  #retry(call: SimulatedCall): void {
    const { number } = call;
    this.#world.events.after(100, () => {
      if (call.number === number && call.state.name === "queued") this.#publish(call);
    });
  }

  #renew(call: SimulatedCall, undone: boolean): void {
    call.doubt ||= !undone;
    this.#attempt(call);
  }

  #send(channel: Channel, kind: CallerMessage["kind"], number: number, call: SimulatedCall): void {
    if (!this.link.up) return;
    const { network } = this.#world;
    const message = this.#message(channel, kind, number, call);
    const batch = this.#batch;
    const address = channel.incarnation === undefined ? undefined : call.address;
    const arrive = () => {
      const callees = this.#world.listening(address);
      for (const callee of callees) {
        callee.receive(message);
        network.repeat(() => callee.lives && callee.link.up && callee.receive(message));
      }
      if (callees.length > 0) return;
      // A broker that has not noticed yet drops it into a dead socket.
      if (kind !== "call" || this.#world.random() < 0.3) return;
      network.send(this.link, () => this.#unheard(call, batch));
    };
    network.send(this.link, arrive);
  }

  #message(channel: Channel, kind: CallerMessage["kind"], number: number, call: SimulatedCall): CallerMessage {
    const { prefix, incarnation } = channel;
    const says = !this.#leavesOut("floor and acknowledgements") && !this.#leavesOut("numbers are never used again");
    return {
      ...{ prefix, caller: this.token, incarnation, kind, number, call },
      floor: says ? channel.floor : 1,
      acknowledged: says ? channel.acknowledged : [],
      saidAt: this.#world.events.now,
      reply: (answer) => this.#receive(answer),
    };
  }

  #unheard(call: SimulatedCall, batch: number): void {
    if (this.link.up && this.#batches.get(call) === batch) this.happen(call, "unheard");
  }

  #receive({ prefix, number, incarnation, what, of }: CalleeMessage): void {
    if (!this.lives || !this.link.up) return;
    const call = this.#addressed(prefix, number);
    if (!call || call.told !== undefined) return;
    const wanted = this.#calls.get(call)?.incarnation;
    if (what === "superseded" && (wanted === undefined || wanted === incarnation)) return;
    if (what === "ok" && of !== call) call.wrongAnswer = true;
    const events = { ok: "answered", refused: "failed", forgotten: "forgotten", superseded: "superseded" } as const;
    this.happen(call, what === "heartbeat" ? "heartbeat" : events[what]);
  }

  /** Which of its calls an answer is about. */
  #addressed(prefix: string, number: number): SimulatedCall | undefined {
    for (const channel of [...this.#channels.values()].reverse()) {
      const call = channel.prefix === prefix ? channel.at(number) : undefined;
      if (call) return call;
    }
    return undefined;
  }

  /** It did not get what it was for; where it may, it goes elsewhere. */
  #ended(call: SimulatedCall, outcome: Outcome): void {
    const undone = outcome === "never-sent" || outcome === "not-executed";
    const again = undone || call.repeat === "anywhere";
    if (!again || call.attempts++ >= 4) return this.#tell(call, undone && call.doubt ? "maybe-executed" : outcome);
    call.doubt ||= !undone;
    const others = [...this.#members.keys()].filter((address) => address !== call.address);
    const moves = !(call.repeat === "byKey" && call.doubt) && others.length > 0;
    if (moves) call.address = others[Math.floor(this.#world.random() * others.length)]!;
    this.#attempt(call);
  }

  #tell(call: SimulatedCall, outcome: Outcome): void {
    const undone = outcome === "never-sent" || outcome === "not-executed";
    const lies = this.#leavesOut("what left may have run");
    call.tell(undone && call.doubt && !lies ? "maybe-executed" : outcome, this.#world.events.now);
    this.#release(call);
  }

  #release(call: SimulatedCall): void {
    this.#calls.get(call)?.settle(call.number, call);
    this.#calls.delete(call);
  }

  #linkChanged(up: boolean): void {
    for (const call of [...this.#calls.keys()]) {
      this.happen(call, up ? "reconnected" : "linkLost");
      if (up && call.state.name === "queued") this.#publish(call);
    }
  }

  #leavesOut(rule: RuleName): boolean {
    return this.#world.scenario.without === rule;
  }
}

/** What an end says, of an event that says something itself. */
function toldOf(end: End, own: Outcome): Outcome {
  if (end === "own") return own;
  if (end !== "own, if done") return end;
  return own === "never-sent" || own === "not-executed" ? "maybe-executed" : own;
}
