import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../../base/clock.ts";
import type { DeadlineWheel } from "../../../base/deadline-wheel.ts";
import type { Ids } from "../../../base/ids.ts";
import type { LoopTurn } from "../../../base/loop-turn.ts";
import type { Logger } from "../../../telemetry/logger.ts";
import type { Subscription, Transport } from "../../../transport/transport.ts";
import type { CallRouter } from "../../call-router.ts";
import { encodeHead } from "../../wire/envelope.ts";
import { frameKind } from "../../wire/frame.ts";
import { Msgpack } from "../../wire/msgpack.ts";
import { errorToWire } from "../../wire/wire-error.ts";
import { TickBatcher } from "../tick-batcher.ts";
import type { Answered } from "./answers.ts";
import { CallerWatch } from "./caller-watch.ts";
import { CallingProcesses } from "./calling-processes.ts";
import { Conversations } from "./conversations.ts";
import { Endpoint, type EndpointPort, type ServedManager } from "./endpoint.ts";
import { Endpoints } from "./endpoints.ts";
import { EnvelopeIntake } from "./envelope-intake.ts";
import type { IncomingCall } from "./incoming-call.ts";
import { Intake } from "./intake.ts";
import { JsonIntake } from "./json-intake.ts";
import { type Calls, OpenConversation } from "./open-conversation.ts";
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
  readonly admits?: ((receivedAt: number) => boolean) | undefined;
  /** The link is up and refused an answer, or more: those that wait for it have to be told to send once more. */
  readonly onRefused?: (() => void) | undefined;
}

/** Lets other processes call the managers of this one. */
export class RemoteServer {
  readonly #namespace: string;
  readonly #endpoints = new Endpoints();
  readonly #conversations: Conversations<IncomingCall, Answered, OpenConversation>;
  readonly #port: EndpointPort;
  readonly #intake: Intake;
  readonly #watch: CallerWatch;
  readonly #notices: Subscription;

  constructor(options: RemoteServerOptions) {
    const { transport, namespace, clock, log, trustedForwarders = [], admits } = options;
    this.#namespace = namespace;
    const replies = replyPort(options);
    const endpoints = this.#endpoints;
    const origins = {
      trustedForwarders: new TrustedForwarders(trustedForwarders, log),
      runningHere: endpoints.running,
    };
    const router = serverRouter(options);
    const processes = new CallingProcesses();
    const conversations = new Conversations({
      cancelled: cancelledAnswer(replies.msgpack),
      open: (prefix, caller, calls: Calls) =>
        new OpenConversation(replies, prefix, caller, processes.of(prefix, caller), calls),
    });
    const watch = new CallerWatch({ transport, clock, turned: (now) => conversations.forgetIdle(now) });
    const shared = { origins, router, processes, watch };
    const intake = new Intake({
      ...{ clock, log, admits },
      envelopes: new EnvelopeIntake({ ...shared, replies, conversations, isHere: endpoints.has }),
      json: new JsonIntake({ ...shared, transport, lost: replies.lost }),
    });
    this.#watch = watch;
    this.#conversations = conversations;
    this.#intake = intake;
    this.#port = {
      ...{ transport, clock, msgpack: replies.msgpack },
      receive: (endpoint, message) => intake.receive(endpoint, message),
    };
    this.#notices = transport.subscribe(watch.pattern, (message) => watch.receive(message));
  }

  /** Where calls for this manager will come in, once it is opened. One for each incarnation. */
  endpoint(manager: ServedManager): Endpoint {
    const endpoint = new Endpoint(this.#port, manager, this.#namespace);
    this.#endpoints.add(endpoint);
    return endpoint;
  }

  /**
   * Takes in what has come since {@link RemoteServerOptions.admits} said no.
   *
   * @param taken whose address others held meanwhile: what was sent there is theirs
   */
  admit(taken?: ReadonlySet<ServedManager>): void {
    this.#intake.release(taken);
  }

  /** Forgets an endpoint that was closed, and what was said to nobody but it. */
  release(endpoint: Endpoint): void {
    this.#endpoints.delete(endpoint);
    endpoint.release(() => this.#conversations.release((conversation) => conversation.onlyWith === endpoint));
  }

  /** How many conversations are remembered. */
  get conversations(): number {
    return this.#conversations.size;
  }

  close(): void {
    this.#watch.close();
    this.#intake.close();
    this.#notices.unsubscribe();
  }
}

function replyPort({ transport, log, onRefused }: RemoteServerOptions): ReplyPort {
  return {
    transport,
    msgpack: new Msgpack(),
    batcher: new TickBatcher(),
    lost: (subject, error) => {
      log.warn({ err: error, subject }, "an answer could not be sent");
      if ((error as ReeveError).reason === "LINK_SATURATED") onRefused?.();
    },
  };
}

/** What a call that came from elsewhere has of its caller: where else it may go is for that one to find. */
function serverRouter({ wheel, turn, ids }: RemoteServerOptions): CallRouter {
  return {
    wheel,
    turn,
    redirect: (_call, error) => error,
    newRequestId: ids,
    resolve: (resolve, value) => resolve(value),
    reject: (error, _resolve, reject) => reject(error),
  };
}

/** What a call gets that was cancelled before it came. */
function cancelledAnswer(msgpack: Msgpack): Answered {
  const message = "the call was cancelled by its caller before it came here";
  const error = errorToWire(reeveError("CANCELLED", message, { outcome: "not-executed" }));
  return {
    kept: () => 64,
    dropped: () => 64,
    answerTo: (number) => encodeHead(msgpack, [frameKind.error, number, error]),
  };
}
