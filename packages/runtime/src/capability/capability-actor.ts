import { ReeveError, reeveError, type Schema } from "@reeve/contract";
import { isSchema } from "@reeve/contract/internal";
import type { Clock } from "../base/clock.ts";
import type { Ids } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import { readAddress, readDuration, readInteger, readName, shown } from "../config/index.ts";
import { Complaints, type GossipLink, gossipSubjects, headBytes, hearQuestions, Publisher } from "../gossip/index.ts";
import type { Counters, Logger } from "../telemetry/index.ts";
import type { CapabilityHandle } from "./capabilities.ts";
import { encodeEntry } from "./codec.ts";
import { ofOneStore } from "./measurement.ts";
import { entryKey, type Fields, messageType } from "./message.ts";
import { plainFields } from "./plain-fields.ts";
import { CapabilitySource } from "./source.ts";
import { isReportedStatus, matters } from "./status.ts";

export interface CapabilityActorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly transport: GossipLink;
  /** The supervisor's host. */
  readonly host: string;
  /** First token of the subjects. Default `reeve`. */
  readonly namespace?: string | undefined;
  /** Longest silence, in milliseconds. Default 10 s. */
  readonly intervalMs?: number | undefined;
  /** Everything is told again after so many intervals. Default 30: five minutes. */
  readonly snapshotEvery?: number | undefined;
  readonly log: Logger;
  readonly counters: Counters;
}

export interface AttachOptions<S extends Schema = Schema> {
  readonly manager: string;
  readonly address: string;
  readonly cluster?: string | undefined;
  /** Of this incarnation; above that of the one attached before it at this address. */
  readonly epoch: number;
  /** Identifies this incarnation; and the store that its epoch was counted in. */
  readonly incarnation?: string | undefined;
  readonly store?: string | undefined;
  /** What `update` takes. It must not be asynchronous. */
  readonly schema: S;
  /** Told with every measurement, where it has no field of that name (Cinder's `extra_capabilities`): an availability zone, say. */
  readonly extra?: Fields | undefined;
}

/**
 * Tells the schedulers what can be placed on one supervisor's managers: one message for all of them, on a timer, and at
 * once when readiness comes or goes, after a reset, or when a scheduler asks.
 */
export class CapabilityActor {
  readonly #options: CapabilityActorOptions;
  readonly #limitBytes: number;
  readonly #publisher: Publisher;
  /** Waits for questions from the first manager on; a supervisor without one says and hears nothing. */
  readonly #hearQuestions: () => { unsubscribe(): void };
  readonly #sources = new Map<string, CapabilitySource>();
  /** Stopped and not yet said to be. */
  readonly #leaving = new Set<CapabilitySource>();
  /** What is being told. */
  #telling: readonly CapabilitySource[] = [];
  #questions: { unsubscribe(): void } | undefined = undefined;
  #closed = false;
  /** Who waits until what is remembered now was sent. */
  #awaited: PromiseWithResolvers<void> | undefined = undefined;

  /** @throws ReeveError `INVALID_OPTION` naming the option */
  constructor(options: CapabilityActorOptions) {
    this.#options = options;
    const { transport: link, ids, log, counters } = options;
    readName("capabilities: host", options.host);
    const subjects = gossipSubjects(readName("capabilities: namespace", options.namespace ?? "reeve"), "capabilities");
    const intervalMs = readDuration("capabilities: intervalMs", options.intervalMs, "10s", { minMs: 1 });
    const snapshotEvery = readInteger("capabilities: snapshotEvery", options.snapshotEvery, 30);
    const sender = ids();
    this.#limitBytes = link.maxPayloadBytes - headBytes;
    this.#publisher = new Publisher({
      ...{ ...options, link, subjects, type: messageType, sender, intervalMs },
      // Without news it is a sign of life.
      idleTicks: 1,
      wholeEveryMs: (snapshotEvery - 1) * intervalMs,
      source: {
        news: () => this.#entries(false),
        all: () => this.#entries(true),
        told: () => this.#told(),
      },
      onTrouble: (err) => {
        if (err === undefined) log.info("capabilities are sent again");
        else log.warn({ err }, "capabilities could not be sent; trying again");
      },
    });
    const complaints = new Complaints({ topic: "capabilities", log, counters });
    this.#hearQuestions = () =>
      hearQuestions({ link, subjects, sender, complaints, onAsked: (asker) => this.#publisher.answerSoon(asker) });
  }

  /**
   * Adds a manager. A newer incarnation takes the place of the one before, whose handle then does nothing.
   *
   * @throws ReeveError `INVALID_OPTION` naming what is malformed, or an epoch that is not above the one attached
   */
  attach<S extends Schema>(options: AttachOptions<S>): CapabilityHandle<S> {
    const source = this.#source(options);
    const key = entryKey(source.manager, source.address);
    const earlier = this.#sources.get(key);
    if (earlier && ofOneStore(earlier, source) && earlier.epoch >= source.epoch) {
      throw reeveError(
        "INVALID_OPTION",
        `capabilities of ${key}: epoch: ${source.epoch} is not above ${earlier.epoch}`,
      );
    }
    this.#questions ??= this.#closed ? undefined : this.#hearQuestions();
    if (earlier) this.#retire(key, earlier);
    this.#sources.set(key, source);
    return this.#handle(key, source);
  }

  /** Tells what is untold and falls silent. */
  close(): void {
    if (this.#closed) return;
    if (this.#leaving.size > 0 || [...this.#sources.values()].some(({ changed }) => changed)) this.#publisher.tell();
    this.#closed = true;
    this.#awaited?.resolve();
    this.#publisher.stop();
    this.#questions?.unsubscribe();
  }

  #source({
    manager,
    address,
    cluster,
    epoch,
    incarnation,
    store,
    schema,
    extra = {},
  }: AttachOptions): CapabilitySource {
    const field = "capabilities: attach";
    readName(`${field}: manager`, manager);
    readAddress(`${field}: address`, address);
    if (cluster !== undefined) readAddress(`${field}: cluster`, cluster);
    readInteger(`${field}: epoch`, epoch, 0, { min: 0 });
    if (!isSchema(schema))
      throw reeveError("INVALID_OPTION", `${field}: schema: expected a Standard Schema, got ${shown(schema)}`);
    return new CapabilitySource({
      manager,
      address,
      cluster,
      epoch,
      incarnation,
      store,
      schema,
      extra: this.#extra(`${field}: extra`, extra),
      limitBytes: this.#limitBytes,
    });
  }

  #extra(field: string, extra: Fields): Fields {
    try {
      return plainFields(field, extra);
    } catch (cause) {
      throw cause instanceof ReeveError ? reeveError("INVALID_OPTION", cause.message, { cause }) : cause;
    }
  }

  #handle<S extends Schema>(key: string, source: CapabilitySource): CapabilityHandle<S> {
    const current = () => !this.#closed && this.#sources.get(key) === source;
    const remember = (capabilities: unknown) => {
      if (capabilities === null || capabilities === undefined || !current()) return undefined;
      const first = !source.reported;
      const measurement = source.measure(capabilities, this.#options.clock.now());
      if (first) this.#publisher.trigger();
      return measurement;
    };
    let measured: Promise<unknown> = Promise.resolve();
    const measure = async (read: () => unknown) => {
      if (!current()) return undefined;
      const end = source.begin();
      try {
        return remember(await read());
      } finally {
        end();
      }
    };
    return {
      update: (capabilities) => void remember(capabilities),
      measure: (read) => {
        const measuring = measured.then(() => measure(read));
        measured = measuring.catch(() => {});
        return measuring;
      },
      visibleFrom: () => source.visibleFrom,
      tell: () => (current() && source.changed ? this.#tellSoon() : Promise.resolve()),
      setStatus: (status) => {
        if (!isReportedStatus(status))
          throw reeveError("INVALID_OPTION", `capabilities of ${key}: status: ${shown(status)}`);
        if (!current()) return;
        const urgent = matters(source.status, status);
        source.setStatus(status);
        if (urgent && source.reported) this.#publisher.trigger();
      },
      refresh: () => {
        if (!current() || !source.reported) return;
        source.forgetSent();
        this.#publisher.trigger();
      },
      detach: () => {
        if (current()) this.#retire(key, source);
      },
    };
  }

  #tellSoon(): Promise<void> {
    this.#awaited ??= Promise.withResolvers();
    this.#publisher.trigger();
    return this.#awaited.promise;
  }

  #retire(key: string, source: CapabilitySource): void {
    this.#sources.delete(key);
    if (!source.reported) return;
    source.setStatus("stopped");
    this.#leaving.add(source);
    this.#publisher.trigger();
  }

  /** Whoever waits for them goes on after this turn: then they have been handed over, or cannot be for now. */
  #entries(everything: boolean): readonly string[] {
    this.#awaited?.resolve();
    this.#awaited = undefined;
    const now = this.#options.clock.now();
    // What leaves goes first: its successor at the same address may be in the same message.
    this.#telling = [...this.#leaving, ...this.#sources.values()].filter((source) =>
      everything ? source.reported : source.changed,
    );
    return this.#telling.map((source) => encodeEntry(source.entry(now, everything)));
  }

  #told(): void {
    for (const source of this.#telling) source.markSent();
    this.#leaving.clear();
  }
}
