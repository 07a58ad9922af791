import type { Outcome } from "@reeve/contract";
import { initial, next, published } from "./remote-call.ts";
import type { EventName, Facts, RemoteState, Repeat } from "./remote-call-state.ts";

/** What may happen; each does nothing where it cannot. */
export const worldSteps = [
  "publish",
  "arrive",
  "duplicate",
  "lose",
  "finish",
  "refuse",
  "answerArrives",
  "answerLost",
  "forget",
  "unsubscribe",
  "subscribe",
  "breakLink",
  "healLink",
  "relink",
  "end",
  "hearGone",
  "return",
  "elsewhere",
  "cancel",
  "beat",
  "standStill",
  "goOn",
  "takeOver",
  "supplant",
] as const;
export type WorldStep = (typeof worldSteps)[number];

type Answer = "ok" | "undone" | "forgotten" | "superseded" | "unheard" | "heartbeat";

/** One number at one incarnation, as its callee knows it. */
interface Known {
  stage: "running" | "answered" | "dropped";
  answer: Answer;
}

/** One call, the wire that it goes over, and a callee by the table of docs/wire.md. */
export class CallWorld {
  state: RemoteState = initial;
  readonly told: { outcome: Outcome }[] = [];
  readonly #repeat: Repeat;
  /** Handlers that began, by store. A key keeps its store from beginning a second. */
  #effects = 0;
  readonly #keyed = new Set<number>();
  #number = 1;
  /** It may have run under an earlier number. */
  #doubt = false;
  /** The incarnation that the number is for, and the one that is there. */
  #named = 1;
  #there: number | undefined = 1;
  #store = 1;
  #storeNamed = 1;
  #known = new Map<number, Known>();
  #calls: { number: number; named: number }[] = [];
  #answers: { number: number; answer: Answer }[] = [];
  #lives = true;
  #silent = false;
  /** Its process went on, and was heard, after the last copy left. */
  #heardSince = false;
  /** What lies in the socket of the incarnation that stands still, while another one listens beside it. */
  #socket: { number: number; named: number }[] | undefined;
  /** What that one knows, once another has its place. */
  #stood: Map<number, Known> | undefined;
  #elsewhere = false;
  #subscribed = true;
  #linked = true;

  constructor(repeat: Repeat) {
    this.#repeat = repeat;
  }

  take(step: WorldStep, choice: number): void {
    const call = this.#calls[choice % (this.#calls.length || 1)];
    const answer = this.#answers[choice % (this.#answers.length || 1)];
    switch (step) {
      case "publish":
        return this.#publish();
      case "arrive":
        return call && this.#arrive(call, false);
      case "duplicate":
        // A wire that doubles would run what may run twice behind its caller's back; NATS delivers at most once.
        return call && this.#repeat !== "anywhere" ? this.#arrive(call, true) : undefined;
      case "lose":
        if (call) this.#calls.splice(this.#calls.indexOf(call), 1);
        return;
      case "finish":
        return this.#finish("ok");
      case "refuse":
        return this.#finish("undone");
      case "answerArrives":
        return answer && this.#answered(answer);
      case "answerLost":
        if (answer) this.#answers.splice(this.#answers.indexOf(answer), 1);
        return;
      case "forget":
        for (const known of this.#known.values()) if (known.stage === "answered") known.stage = "dropped";
        return;
      case "unsubscribe":
        this.#subscribed = false;
        return;
      case "subscribe":
        this.#subscribed = true;
        return;
      case "breakLink":
        this.#linked = false;
        this.#calls = choice % 2 ? this.#calls : [];
        this.#answers = [];
        return this.#happen("linkLost");
      case "healLink":
        if (this.#linked) return;
        this.#linked = true;
        return this.#happen("reconnected");
      case "relink":
        this.#answers = [];
        return this.#happen("reconnected");
      case "end":
        return this.#end(choice);
      case "hearGone":
        if (this.#there === this.#named) return;
        this.#lives = false;
        return this.#happen("gone");
      case "return":
        if (this.#lives || this.#there === undefined || this.#there === this.#named) return;
        return this.#happen("returned");
      case "elsewhere":
        this.#elsewhere = !this.#elsewhere;
        return this.#happen("served");
      case "cancel":
        return choice === 0 ? this.#happen("cancel") : undefined;
      case "beat":
        if (this.#known.get(this.#number)?.stage === "running")
          this.#answers.push({ number: this.#number, answer: "heartbeat" });
        return;
      case "standStill":
        if (this.#there === this.#named && this.#lives) this.#socket ??= [];
        return;
      case "goOn":
        return this.#goOn();
      case "takeOver":
        // Silent for so long, it takes in nothing of it when it goes on: it asks who lives there.
        if (this.#replaced(true)) this.#socket = undefined;
        return;
      case "supplant":
        // One of the same store has its place at once, however short it stood still.
        this.#replaced(false);
    }
  }

  expire(): void {
    this.#happen("deadline");
  }

  deliverAll(): void {
    this.#linked = true;
    for (const call of [...this.#calls]) this.#arrive(call, false);
    this.#goOn();
  }

  /** From here on nothing is lost. */
  calm(): void {
    this.take("goOn", 0);
    this.take("subscribe", 0);
    this.take("healLink", 0);
    this.take("relink", 0);
    for (let turn = 0; turn < 8 && this.told.length === 0; turn++) {
      this.#publish();
      for (const call of [...this.#calls]) this.#arrive(call, false);
      this.#finish("ok");
      for (const answer of [...this.#answers]) this.#answered(answer);
    }
  }

  /** What is not so of what its caller was told. */
  untrue(): string | undefined {
    if (this.#repeat !== "anywhere" && this.#effects > 1) return `it ran ${this.#effects} times`;
    for (const { outcome } of this.told) {
      const ran = this.#effects > 0;
      if (ran && (outcome === "never-sent" || outcome === "not-executed")) return `it ran, and was told as ${outcome}`;
      if (!ran && outcome === "executed") return "it did not run, and was told as executed";
    }
    return undefined;
  }

  get #facts(): Facts {
    return {
      repeat: this.#repeat,
      named: true,
      lives: this.#lives,
      silent: this.#silent,
      elsewhere: this.#elsewhere,
      sameStore: this.#store === this.#storeNamed,
    };
  }

  #publish(): void {
    if (this.state.name !== "queued" || !this.#linked) return;
    this.state = published(this.state);
    this.#heardSince = false;
    this.#calls.push({ number: this.#number, named: this.#named });
  }

  #arrive(call: { number: number; named: number }, again: boolean): void {
    if (!again) this.#calls.splice(this.#calls.indexOf(call), 1);
    const { number, named } = call;
    if (this.#socket && !this.#stood) {
      this.#socket.push(call);
      if (!again) this.#answers.push({ number, answer: "superseded" });
      return;
    }
    // A copy of what the wire doubled is told of by the same notice.
    if (!this.#subscribed || this.#there === undefined) {
      if (!again && number === this.#number) this.#answers.push({ number, answer: "unheard" });
      return;
    }
    if (named !== this.#there) {
      if (!again) this.#answers.push({ number, answer: "superseded" });
      return;
    }
    const known = this.#known.get(number);
    if (!known) {
      this.#known.set(number, { stage: "running", answer: "ok" });
      return this.#run();
    }
    if (known.stage === "running") this.#answers.push({ number, answer: "heartbeat" });
    else if (known.stage === "answered") this.#answers.push({ number, answer: known.answer });
    else if (this.#repeat === "anywhere") {
      known.stage = "running";
      this.#run();
    } else this.#answers.push({ number, answer: "forgotten" });
  }

  /** It takes in what came meanwhile; where another one has its place it may find that out only after that. */
  #goOn(): void {
    this.#heardSince = true;
    const [socket, stood] = [this.#socket ?? [], this.#stood];
    this.#socket = undefined;
    this.#stood = undefined;
    for (const call of socket) {
      if (!stood) this.#arrive(call, true);
      else if (!stood.has(call.number)) {
        stood.set(call.number, { stage: "running", answer: "ok" });
        this.#run();
      }
    }
  }

  /** Another incarnation takes the place of the one that stands still. */
  #replaced(silent: boolean): boolean {
    if (!this.#socket || this.#stood || this.#there === undefined) return false;
    if (!silent) this.#stood = this.#known;
    this.#known = new Map();
    if (silent) this.#store++;
    this.#there++;
    this.#lives = false;
    this.#silent = silent && !this.#heardSince;
    this.#happen("gone");
    return true;
  }

  #run(): void {
    if (this.#repeat === "byKey") {
      if (this.#keyed.has(this.#store)) return;
      this.#keyed.add(this.#store);
    }
    this.#effects++;
  }

  /** `undone`: it is refused instead of having been run, which a key that is known does not come to. */
  #finish(answer: "ok" | "undone"): void {
    for (const [number, known] of this.#known) {
      if (known.stage !== "running") continue;
      if (answer === "undone") {
        if (this.#effects !== 1 || this.#number !== 1) continue;
        this.#effects = 0;
        this.#keyed.clear();
      }
      known.stage = "answered";
      known.answer = answer;
      this.#answers.push({ number, answer });
    }
  }

  #answered(one: { number: number; answer: Answer }): void {
    this.#answers.splice(this.#answers.indexOf(one), 1);
    if (!this.#linked || one.number !== this.#number) return;
    const { answer } = one;
    if (answer === "ok") this.#happen("answered");
    else if (answer === "undone") this.#happen("failed");
    else this.#happen(answer);
  }

  /** The incarnation ends, and another is there: of the same store or, now and then, of another; or nobody. */
  #end(choice: number): void {
    if (this.#there === undefined) return;
    this.#known = new Map();
    this.#socket = undefined;
    this.#stood = undefined;
    if (choice === 0) this.#store++;
    this.#there = choice === 7 ? undefined : this.#there + 1;
  }

  #happen(event: EventName): void {
    const { state, action, outcome } = next(this.state, event, this.#facts);
    const before = this.state;
    this.state = state;
    if (action === "deliver") this.told.push({ outcome: "executed" });
    else if (action === "renew") this.#renew(outcome === "never-sent");
    else if (outcome !== undefined && before.name !== "settled") {
      // All that its callee fails with here is that it did not run it.
      const own = outcome === "own" ? "not-executed" : outcome === "own, if done" ? "maybe-executed" : outcome;
      // What may have run under an earlier number is not undone by what became of a later one.
      const undone = own === "never-sent" || own === "not-executed";
      this.told.push({ outcome: undone && this.#doubt ? "maybe-executed" : own });
    }
  }

  /** @param undone nothing ran under its number */
  #renew(undone: boolean): void {
    if (this.#there === undefined) {
      this.told.push({ outcome: "maybe-executed" });
      return;
    }
    this.#number++;
    this.#doubt ||= !undone;
    this.#named = this.#there;
    this.#storeNamed = this.#store;
    this.#lives = true;
    this.#silent = false;
    this.state = initial;
  }
}
