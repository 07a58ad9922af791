import type { Random } from "../base/random.ts";
import type { Counters, Logger } from "../telemetry/index.ts";
import type { Message, Subscription, Transport } from "../transport/transport.ts";
import { nuid } from "./nuid.ts";
import type { ServedManager } from "./served-manager.ts";
import { Service, type Verb, verbs } from "./service.ts";

/** How many answers one turn of the event loop makes. */
const perTurn = 32;
/** Further requests are dropped while so many are being answered. */
const maxRequests = 64;

export interface ServiceProtocolOptions {
  readonly transport: Pick<Transport, "publish" | "subscribe">;
  /** Makes the ids of services. */
  readonly random: Random;
  readonly log: Logger;
  /** Default: nobody counts. */
  readonly counters?: Counters | undefined;
}

const encoder = new TextEncoder();

/**
 * Answers `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS` for the managers of a process, each also by name and by name and id, so
 * that `nats micro ls` and its like show them. Answers go to inboxes only.
 */
export class ServiceProtocol {
  readonly #options: ServiceProtocolOptions;
  readonly #services = new Map<string, Set<Service>>();
  /** By subject, while somebody of that name or id is here: others' names are theirs to answer for. */
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #complainedOf = new Set<string>();
  #answering = 0;
  #closed = false;

  constructor(options: ServiceProtocolOptions) {
    this.#options = options;
  }

  /**
   * Adds one incarnation, under an id that is its own. Returns how to take it out.
   *
   * @throws ReeveError `INVALID_OPTION` naming what the protocol does not allow
   */
  serve(manager: ServedManager): () => void {
    const service = new Service(manager, nuid(this.#options.random));
    if (this.#closed) return () => {};
    const keys = keysOf(service);
    for (const key of keys) this.#join(key, service);
    return () => {
      for (const key of keys) this.#leave(key, service);
    };
  }

  /** Answers nothing more. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const subscription of this.#subscriptions.values()) subscription.unsubscribe();
    this.#subscriptions.clear();
    this.#services.clear();
  }

  #join(key: string, service: Service): void {
    const there = this.#services.get(key);
    if (there) {
      there.add(service);
      return;
    }
    this.#services.set(key, new Set([service]));
    for (const verb of verbs) {
      const subject = `$SRV.${verb}${key}`;
      this.#subscriptions.set(
        subject,
        this.#options.transport.subscribe(subject, (request) => this.#answer(verb, key, request)),
      );
    }
  }

  #leave(key: string, service: Service): void {
    const there = this.#services.get(key);
    if (!there?.delete(service) || there.size > 0) return;
    this.#services.delete(key);
    for (const verb of verbs) {
      const subject = `$SRV.${verb}${key}`;
      this.#subscriptions.get(subject)?.unsubscribe();
      this.#subscriptions.delete(subject);
    }
  }

  async #answer(verb: Verb, key: string, { reply }: Message): Promise<void> {
    if (reply === undefined) return;
    // Whoever may ask could otherwise have us publish where he may not.
    if (!reply.startsWith("_INBOX.")) return this.#ignore("reply");
    if (this.#answering >= maxRequests) return this.#ignore("crowded");
    this.#answering += 1;
    try {
      let made = 0;
      for (const service of [...(this.#services.get(key) ?? [])]) {
        if (made > 0 && made % perTurn === 0) await new Promise((resolve) => setImmediate(resolve));
        if (this.#closed) return;
        this.#tell(service, verb, reply);
        made += 1;
      }
    } finally {
      this.#answering -= 1;
    }
  }

  #tell(service: Service, verb: Verb, reply: string): void {
    try {
      this.#options.transport.publish(reply, encoder.encode(JSON.stringify(service.answer(verb))));
    } catch (error) {
      this.#ignore("answer", error);
    }
  }

  /** Every one is counted; the first of a kind is logged, or somebody who asks in a loop would fill the log. */
  #ignore(kind: "reply" | "crowded" | "answer", error?: unknown): void {
    this.#options.counters?.counter("services.unanswered", { kind }).add();
    if (this.#complainedOf.has(kind)) return;
    this.#complainedOf.add(kind);
    this.#options.log.warn(
      { err: error, kind },
      "a service request was not answered; further ones of this kind are counted as services.unanswered, not logged",
    );
  }
}

/** What is after the verb in the subjects that a service answers on. */
function keysOf({ name, id }: Service): readonly string[] {
  return ["", `.${name}`, `.${name}.${id}`];
}
