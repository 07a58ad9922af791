import type { ReeveError } from "@reeve/contract";
import type { Clock } from "../../../base/clock.ts";
import type { DeadlineWheel } from "../../../base/deadline-wheel.ts";
import type { Ids } from "../../../base/ids.ts";
import type { LoopTurn } from "../../../base/loop-turn.ts";
import type { ChainLink } from "../../../mailbox/chain.ts";
import type { Logger } from "../../../telemetry/logger.ts";
import type { Subscription, Transport } from "../../../transport/transport.ts";
import type { CallRouter, Reject, Resolve } from "../../call-router.ts";
import { encodeHead } from "../../wire/envelope.ts";
import { Msgpack } from "../../wire/msgpack.ts";
import { TickBatcher } from "../tick-batcher.ts";
import type { OriginPort } from "./call-origin.ts";
import { CallerWatch } from "./caller-watch.ts";
import { Endpoint, type ServedManager } from "./endpoint.ts";
import { Intake } from "./intake.ts";
import { JsonIntake } from "./json-intake.ts";
import { Peers } from "./peers.ts";
import type { ReplyPort } from "./reply-lane.ts";
import { TrustedForwarders } from "./trusted-forwarders.ts";

export interface RemoteServerOptions {
  readonly transport: Transport;
  /** First token of every subject. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly turn: LoopTurn;
  readonly ids: Ids;
  readonly log: Logger;
  /** Caller tokens whose word on whose behalf they call is taken, or their prefixes with a `*`. Default none. */
  readonly trustedForwarders?: readonly string[] | undefined;
  /** Whether this process is known to live where its managers say, at the time a message came. Default: it is. */
  admits?(receivedAt: number): boolean;
  /** The link is up and refused an answer, or more: those who wait for it have to be told to ask. */
  onRefused?(): void;
}

/** Lets other processes call the managers of this one. */
export class RemoteServer implements ReplyPort, OriginPort, CallRouter {
  readonly transport: Transport;
  readonly msgpack = new Msgpack();
  readonly batcher = new TickBatcher();
  readonly wheel: DeadlineWheel;
  readonly turn: LoopTurn;
  readonly clock: Clock;
  readonly trustedForwarders: TrustedForwarders;
  readonly #namespace: string;
  readonly #ids: Ids;
  readonly #log: Logger;
  /** By `manager/address`: the next incarnation may be there before the last one has closed. */
  readonly #endpoints = new Map<string, Set<Endpoint>>();
  readonly #intake: Intake;
  readonly #watch: CallerWatch;
  readonly #notices: Subscription;
  readonly #onRefused: () => void;

  constructor(options: RemoteServerOptions) {
    const { transport, namespace, clock, wheel, turn, ids, log, trustedForwarders = [], admits } = options;
    this.transport = transport;
    this.wheel = wheel;
    this.turn = turn;
    this.clock = clock;
    this.trustedForwarders = new TrustedForwarders(trustedForwarders, log);
    this.#namespace = namespace;
    this.#ids = ids;
    this.#log = log;
    this.#onRefused = () => options.onRefused?.();
    const peers = new Peers();
    const port = {
      transport,
      clock,
      log,
      peers,
      msgpack: this.msgpack,
      batcher: this.batcher,
      router: this,
      trustedForwarders: this.trustedForwarders,
      lost: (subject: string, error: unknown) => this.lost(subject, error),
      runningHere: (key: string, request: string | undefined, lane: string | undefined) =>
        this.runningHere(key, request, lane),
    };
    this.#watch = new CallerWatch({ ...port, head: encodeHead(this.msgpack, [null, 0]) });
    this.#intake = new Intake({
      ...port,
      json: new JsonIntake(port),
      began: () => this.#watch.began(),
      ...(admits ? { admits } : {}),
    });
    this.#notices = transport.subscribe(this.#watch.pattern, (message) => this.#watch.receive(message));
  }

  /** Where calls for this manager will come in, once it is opened. One for each incarnation. */
  endpoint(manager: ServedManager): Endpoint {
    const endpoint = new Endpoint(this.#intake, manager, this.#namespace);
    const there = this.#endpoints.get(manager.key);
    if (there) there.add(endpoint);
    else this.#endpoints.set(manager.key, new Set([endpoint]));
    return endpoint;
  }

  /** Takes in what has come since {@link RemoteServerOptions.admits} said no. */
  admit(): void {
    this.#intake.release();
  }

  /** Forgets an endpoint that was closed. */
  release(endpoint: Endpoint): void {
    const { key } = endpoint.manager;
    const there = this.#endpoints.get(key);
    there?.delete(endpoint);
    if (there?.size === 0) this.#endpoints.delete(key);
  }

  close(): void {
    this.#watch.close();
    this.#intake.close();
    this.#notices.unsubscribe();
  }

  newRequestId(): string {
    return this.#ids();
  }

  resolve(resolve: Resolve, value: unknown): void {
    resolve(value);
  }

  reject(error: ReeveError, _resolve: Resolve, reject: Reject): void {
    reject(error);
  }

  /** Where else it may go is for its caller to find. */
  redirect(_call: unknown, error: ReeveError): ReeveError {
    return error;
  }

  lost(subject: string, error: unknown): void {
    this.#log.warn({ err: error, subject }, "an answer could not be sent");
    if ((error as ReeveError).reason === "LINK_SATURATED") this.#onRefused();
  }

  runningHere(key: string, request: string | undefined, lane: string | undefined): ChainLink | "foreign" | undefined {
    const here = this.#endpoints.get(key);
    for (const { manager } of here ?? []) {
      for (const call of manager.running()) {
        if (request !== undefined && call.requestId === request && call.lane === lane) return call;
      }
    }
    return here ? undefined : "foreign";
  }
}
