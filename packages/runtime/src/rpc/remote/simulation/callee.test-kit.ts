import type { Random } from "../../../base/random.ts";
import { Conversation } from "../server/conversation.ts";
import { Conversations, type KnownConversation } from "../server/conversations.ts";
import type { KeptAnswer } from "../server/kept-answers.ts";
import type { EventQueue } from "./event-queue.test-kit.ts";
import { ForgetfulConversation, type ModelConversation } from "./forgetful-conversation.test-kit.ts";
import { Link, type Network } from "./network.test-kit.ts";
import type { Scenario } from "./rules.test-kit.ts";
import type { SimulatedCall } from "./simulated-call.test-kit.ts";

/** What a caller sends. */
export interface CallerMessage {
  /** Of its reply subject, without the batch. */
  readonly prefix: string;
  readonly caller: string;
  readonly incarnation: string | undefined;
  readonly floor: number;
  readonly acknowledged: readonly number[];
  readonly saidAt: number;
  readonly kind: "call" | "cancel" | "nothing";
  readonly number: number;
  readonly call: SimulatedCall;
  reply(answer: CalleeMessage): void;
}

/** What a callee sends. */
export interface CalleeMessage {
  readonly prefix: string;
  readonly number: number;
  readonly incarnation: string;
  readonly what: "ok" | "refused" | "forgotten" | "superseded" | "heartbeat";
  /** Whose answer it is. */
  readonly of: SimulatedCall | undefined;
}

interface Answer extends KeptAnswer {
  readonly what: "ok" | "refused";
  readonly of: SimulatedCall | undefined;
}

const answer = (what: Answer["what"], of?: SimulatedCall): Answer => ({
  what,
  of,
  kept: () => 100,
  dropped: () => 100,
});
const cancelled = answer("refused");

interface Known extends KnownConversation<SimulatedCall, Answer> {
  copiesUntil: number;
}

/** One life of a manager's process: an incarnation, what it remembers, and its link. */
export class CalleeProcess {
  readonly link = new Link();
  readonly address: number;
  readonly incarnation: string;
  readonly store: string;
  lives = true;
  mostKept = 0;
  mostIntervals = 0;
  readonly #events: EventQueue;
  readonly #network: Network;
  readonly #random: Random;
  readonly #scenario: Scenario;
  readonly #conversations: Conversations<SimulatedCall, Answer, Known>;
  /** Where a rule is left out. */
  readonly #models = new Map<string, ModelConversation<SimulatedCall, Answer>>();
  /** Keys whose work its store knows. */
  readonly #keys: Set<number>;
  /** While it stands still: what has come, and what has come to its end. */
  #socket: CallerMessage[] | undefined;
  readonly #due: (() => void)[] = [];
  /** Somebody else has its address. */
  #suspended = false;

  constructor(
    world: { events: EventQueue; network: Network; random: Random; scenario: Scenario },
    place: { address: number; incarnation: string; store: string; keys: Set<number> },
  ) {
    this.#events = world.events;
    this.#network = world.network;
    this.#random = world.random;
    this.#scenario = world.scenario;
    this.address = place.address;
    this.incarnation = place.incarnation;
    this.store = place.store;
    this.#keys = place.keys;
    this.#conversations = new Conversations({
      cancelled,
      ...(this.#tiny && { bounds: { inAll: 1_000, perCaller: 2, forgottenInAll: 5_000, forgottenPerCaller: 1_000 } }),
      kept: this.#keptBounds,
      open: (prefix, caller, calls) => openConversation(prefix, caller, calls),
    });
  }

  get #tiny(): boolean {
    return this.#scenario.memory === "tiny";
  }

  get #keptBounds() {
    return { answers: this.#tiny ? 3 : Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
  }

  standStill(): void {
    this.#socket = [];
  }

  /** @param takesIn what came meanwhile is for this one */
  goOn(takesIn: boolean): void {
    const came = this.#socket ?? [];
    this.#socket = undefined;
    this.#suspended = !takesIn;
    if (takesIn) for (const message of came) this.receive(message);
    for (const happen of this.#due.splice(0)) happen();
  }

  receive(message: CallerMessage): void {
    if (this.#suspended) return;
    if (this.#socket) {
      this.#socket.push(message);
      return;
    }
    const { incarnation, kind, number } = message;
    if (incarnation !== undefined && incarnation !== this.incarnation) {
      if (kind === "call") this.#say(message, "superseded");
      return;
    }
    const calls = this.#conversation(message);
    if (!calls) return;
    calls.heard(message.floor, message.acknowledged, message.saidAt);
    if (kind === "call") this.#call(message, calls);
    else if (kind === "cancel" && calls.cancel(number) === "cancels") calls.ended(number);
    this.mostKept = Math.max(this.mostKept, calls.kept);
    this.mostIntervals = Math.max(this.mostIntervals, calls.intervals);
  }

  /** Answers that it keeps for that caller. */
  keptFor(prefix: string): number {
    return this.#conversations.known(prefix)?.calls.kept ?? this.#models.get(prefix)?.kept ?? 0;
  }

  #call(message: CallerMessage, calls: ModelConversation<SimulatedCall, Answer>): void {
    const { number, call } = message;
    const decision = calls.call(number, call.repeat === "anywhere");
    if (decision === "run") this.#run(message, calls);
    else if (decision === "runs") this.#say(message, "heartbeat");
    else if (decision === "forgotten") this.#say(message, "forgotten");
    else {
      const { what, of } = calls.answerTo(number)!;
      this.#say(message, what, of);
    }
  }

  #run(message: CallerMessage, calls: ModelConversation<SimulatedCall, Answer>): void {
    const { number, call } = message;
    if (this.#random() < 0.08) {
      // A mailbox that is full, say.
      const consumes = this.#scenario.without !== "the first frame consumes the number";
      calls.ended(number, consumes ? answer("refused") : undefined);
      return this.#say(message, "refused");
    }
    this.#effect(call, message);
    calls.began(number, call);
    const end = () => {
      if (this.#socket) return void this.#due.push(end);
      if (!this.lives || calls.running.get(number) !== call) return;
      calls.ended(number, call.repeat === "anywhere" ? undefined : answer("ok", call));
      this.#say(message, "ok", call);
    };
    this.#events.after(this.#random() ** 4 * 3_000, end);
  }

  #effect(call: SimulatedCall, { prefix, number }: CallerMessage): void {
    if (call.repeat === "byKey") {
      if (this.#keys.has(call.id)) return;
      this.#keys.add(call.id);
    }
    call.ran(this.store, `${this.incarnation} ${prefix} ${number}`);
  }

  #say(message: CallerMessage, what: CalleeMessage["what"], of?: SimulatedCall): void {
    if (!this.link.up) return;
    const { prefix, number, reply } = message;
    const said = { prefix, number, incarnation: this.incarnation, what, of };
    this.#network.send(this.link, () => {
      reply(said);
      this.#network.repeat(() => reply(said));
    });
  }

  #conversation({ prefix, caller }: CallerMessage): ModelConversation<SimulatedCall, Answer> | undefined {
    const { without } = this.#scenario;
    if (without === "a dropped answer drops no number")
      return this.#model(prefix, () => new ForgetfulConversation(cancelled, this.#keptBounds.answers));
    if (without === "a forgotten caller leaves its highest number") {
      for (const [oldest, { running }] of this.#models)
        if (this.#models.size > 1 && running.size === 0 && oldest !== prefix) this.#models.delete(oldest);
      return this.#model(prefix, () => new Conversation({ cancelled, bounds: this.#keptBounds }));
    }
    if (without === "the first frame consumes the number")
      return this.#model(prefix, () => new ForgetfulConversation(cancelled, this.#keptBounds.answers));
    return this.#conversations.heard(prefix, caller, this.#events.now)?.calls;
  }

  #model(prefix: string, make: () => ModelConversation<SimulatedCall, Answer>) {
    let model = this.#models.get(prefix);
    if (!model) {
      model = make();
      this.#models.set(prefix, model);
    }
    return model;
  }
}

function openConversation(prefix: string, caller: string, calls: Conversation<SimulatedCall, Answer>): Known {
  return {
    ...{ prefix, caller, calls, heardAt: 0, copiesUntil: 0 },
    expectCopies(until) {
      this.copiesUntil = Math.max(this.copiesUntil, until + 60_000);
    },
  };
}
