import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../../base/clock.ts";
import { FairMap } from "../../../base/fair-map.ts";
import type { Message, Subscription, Transport } from "../../../transport/transport.ts";
import type { RefusedCall } from "../../callee/behaviour.ts";
import type { RunningCall } from "../../callee/running-call.ts";
import { type Served, servedBy } from "../../callee/served.ts";
import type { LocalTarget } from "../../caller/routed-call.ts";
import { encodeHead } from "../../wire/envelope.ts";
import type { Msgpack } from "../../wire/msgpack.ts";
import { type CallSubject, CallSubjects, parseCallSubject, reachToken } from "../../wire/subjects.ts";
import { OperationTally } from "./operation-tally.ts";

/** A manager of this process that others may call. */
export interface ServedManager extends LocalTarget {
  readonly epoch: number;
  /** Identifies the incarnation: compared for equality only. Calls of one without it cannot be sent again. */
  readonly incarnation?: string | undefined;
  /** Identifies the store that its epoch was counted in. */
  readonly store?: string | undefined;
  /** Its calls that run now. */
  running(): Iterable<RunningCall>;
  /** Told of a call that is refused because its caller may not speak for whom it does. Must not throw. */
  refused?(refusal: RefusedCall): void;
}

/** What an endpoint needs of the process that it is in. */
export interface EndpointPort {
  readonly transport: Transport;
  readonly msgpack: Msgpack;
  readonly clock: Clock;
  /** Must not throw. */
  receive(endpoint: Endpoint, message: Message): void;
}

/** Members of a subject's queue group share its messages. */
const queue = "reeve";

/** What subjects say: they differ by operation and caller only. Those of operations that the manager has not are not remembered. */
const maxSubjects = 4_096;
const maxSubjectsPerCaller = 256;

/** What a subject says, looked up once. */
export interface Entry extends CallSubject {
  /** None where the manager has no such operation, or not for those whom the subject reaches: {@link Endpoint.unservable} says why. */
  readonly served: Served | undefined;
  readonly tally: OperationTally | undefined;
}

/** How one operation is reached from elsewhere, and how its calls went. */
export interface OfferedOperation {
  readonly name: string;
  readonly route: Served["operation"]["route"];
  readonly subject: string;
  /** Undefined where a subject has one member only. */
  readonly queueGroup: string | undefined;
  readonly tally: OperationTally;
}

/** Where the calls from other processes for one incarnation of a manager come in. */
export class Endpoint {
  readonly manager: ServedManager;
  /** Names the incarnation on every answer, encoded. */
  readonly head: Uint8Array;
  /** The same on heartbeats, which are of no call. */
  readonly heartbeatHead: Uint8Array;
  readonly #port: EndpointPort;
  readonly #subjects: CallSubjects;
  readonly #entries = new FairMap<Entry>({ inAll: maxSubjects, perOwner: maxSubjectsPerCaller });
  readonly #tallies: ReadonlyMap<string, OperationTally>;
  readonly #subscriptions: Subscription[] = [];
  /** Whether any operation may be called without an address. */
  readonly #shared: boolean;
  #direct: Subscription | undefined;
  #any: Subscription | undefined;
  #open = false;
  #suspended = false;
  #released = false;
  #calls = 0;
  #inFlight = 0;
  #idle: (() => void)[] = [];

  constructor(port: EndpointPort, manager: ServedManager, namespace: string) {
    const { name, major } = manager.contract;
    this.manager = manager;
    this.head = encodeHead(port.msgpack, [manager.address, manager.incarnation ?? null, manager.epoch]);
    this.heartbeatHead = encodeHead(port.msgpack, [null, manager.incarnation ?? null]);
    this.#port = port;
    this.#subjects = new CallSubjects(namespace, name, major);
    this.#shared = [...servedBy(manager.contract).values()].some(({ operation }) => operation.route !== "address");
    const operations = servedBy(manager.contract).keys();
    this.#tallies = new Map([...operations].map((operation) => [operation, new OperationTally(port.clock)]));
  }

  /** Every operation of the manager. */
  offered(): readonly OfferedOperation[] {
    const address = reachToken({ address: this.manager.address });
    return [...servedBy(this.manager.contract)].map(([name, { operation }]) => {
      const { route } = operation;
      const shared = route !== "address";
      const subject = this.#subjects.operation(name, shared ? "any" : address);
      return { name, route, subject, queueGroup: shared ? queue : undefined, tally: this.#tallies.get(name)! };
    });
  }

  get incarnation(): string | undefined {
    return this.manager.incarnation;
  }

  /** Calls of other processes that it has taken in. */
  get calls(): number {
    return this.#calls;
  }

  /** Those of them that are here now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Takes calls by address, by cluster and for everybody from here on, and those for anybody while {@link serve} says so. */
  open(): void {
    if (this.#open) return;
    this.#open = true;
    this.#suspended = false;
    const { address, cluster } = this.manager;
    this.#direct ??= this.#subscribe(reachToken({ address }));
    if (this.#shared) this.#subscriptions.push(this.#subscribe("all"));
    if (cluster !== undefined) this.#subscriptions.push(this.#subscribe(reachToken({ cluster }), queue));
  }

  /**
   * Somebody else lives at its address, and gets what comes for it: takes no calls, and answers none that were sent to both.
   * What callers say to those that run is heard until they have ended. {@link open} goes back on it.
   */
  suspend(): void {
    if (this.#suspended) return;
    this.serve(false);
    this.#suspended = true;
    this.#open = false;
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
    if (this.#inFlight === 0) this.#leaveAddress();
    else this.#idle.push(() => this.#leaveAddress());
  }

  /** Whether a call that came for its address is somebody else's to answer. */
  get suspended(): boolean {
    return this.#suspended;
  }

  /** Its incarnation is gone, and what is remembered of its calls with it. */
  get released(): boolean {
    return this.#released;
  }

  /** It was closed, and is nobody's to call once none of its calls is here. @param then called at that moment */
  release(then: () => void): void {
    const over = () => {
      this.#released = true;
      then();
    };
    if (this.#inFlight === 0) over();
    else this.#idle.push(over);
  }

  #leaveAddress(): void {
    if (!this.#suspended) return;
    this.#direct?.unsubscribe();
    this.#direct = undefined;
  }

  /** Whether it takes calls that anybody may answer. */
  serve(canServe: boolean): void {
    if (canServe === (this.#any !== undefined) || !this.#open || !this.#shared) return;
    if (canServe) this.#any = this.#subscribe("any", queue);
    else {
      void this.#any?.drain();
      this.#any = undefined;
    }
  }

  /** Takes calls by address only, for the mailbox to refuse, and resolves when those that are here have been answered and the broker has the answers. Race it against a bound: a handler may never end. */
  async close(): Promise<void> {
    this.serve(false);
    this.#open = false;
    await Promise.all(this.#subscriptions.splice(0).map((subscription) => subscription.drain()));
    // Calls that run are told through it to stop, and streams to go on: without a word from its reader one waits for ever.
    if (this.#inFlight > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await this.#direct?.drain();
    await this.#answersOut();
  }

  /**
   * The last answers leave at the end of the tick. Until the broker has them, whoever says goodbye over another
   * connection would overtake them, and their callers would take a call for lost that was answered.
   */
  async #answersOut(): Promise<void> {
    const { transport } = this.#port;
    await new Promise((resolve) => setImmediate(resolve));
    // Without a link the callers have been told by their own end of it.
    if (transport.connected) await transport.flush().catch(() => undefined);
  }

  /** What a subject of its own says; undefined when it is malformed. */
  entryOf(subject: string): Entry | undefined {
    let entry = this.#entries.get(subject);
    if (entry) return entry;
    const parsed = parseCallSubject(subject);
    if (!parsed) return undefined;
    const served = this.#servedAt(parsed);
    entry = { ...parsed, served, tally: this.#tallies.get(parsed.operation) };
    if (entry.tally) this.#entries.set(subject, entry.caller, entry);
    return entry;
  }

  /** An operation whose route is `address` is nobody's who names none. */
  #servedAt({ operation, addressed }: CallSubject): Served | undefined {
    const served = servedBy(this.manager.contract).get(operation);
    return addressed || served?.operation.route !== "address" ? served : undefined;
  }

  began(): void {
    this.#calls++;
    this.#inFlight++;
  }

  readonly ended = (): void => {
    if (--this.#inFlight > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  };

  /** Why a call is not taken whose entry has nothing that serves it. */
  unservable({ operation, caller, tally }: Entry): ReeveError {
    const { key, address } = this.manager;
    if (tally === undefined)
      return reeveError("UNKNOWN_OPERATION", `${key} has no operation ${JSON.stringify(operation)}`, { address });
    const meant = this.#subjects.call(operation, reachToken({ address }), caller);
    const message = `${key}: ${operation}: its route is "address": expected a subject with the address or cluster that is meant, such as ${meant}, got "any" or "all"`;
    return reeveError("INVALID_OPTION", message, { address, outcome: "not-executed" });
  }

  #subscribe(reach: string, group?: string): Subscription {
    const receive = (message: Message) => this.#port.receive(this, message);
    return this.#port.transport.subscribe(
      this.#subjects.served(reach),
      receive,
      group === undefined ? {} : { queue: group },
    );
  }
}
