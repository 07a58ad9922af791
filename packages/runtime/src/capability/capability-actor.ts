import { ReeveError, reeveError, type Schema } from "@reeve/contract";
import { isSchema } from "@reeve/contract/internal";
import type { Clock } from "../base/clock.ts";
import type { Ids } from "../base/ids.ts";
import { pack } from "../base/packing.ts";
import { Pulse } from "../base/pulse.ts";
import type { Random } from "../base/random.ts";
import { readAddress, readDuration, readInteger, readName, shown } from "../config/index.ts";
import type { Logger } from "../telemetry/index.ts";
import type { Subscription } from "../transport/transport.ts";
import type { CapabilityHandle } from "./capabilities.ts";
import { encodeEntry, encodeMessage, messageOverheadBytes } from "./codec.ts";
import type { CapabilityLink } from "./link.ts";
import { ofOneStore } from "./measurement.ts";
import { entryKey, type Fields } from "./message.ts";
import { plainFields } from "./plain-fields.ts";
import { CapabilitySource } from "./source.ts";
import { isReportedStatus, matters } from "./status.ts";
import { capabilitySubjects } from "./subjects.ts";

export interface CapabilityActorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly transport: CapabilityLink;
  /** The supervisor's host. */
  readonly host: string;
  /** First token of the subjects. Default `reeve`. */
  readonly namespace?: string | undefined;
  /** Longest silence, in milliseconds. Default 10 s. */
  readonly intervalMs?: number | undefined;
  /** Every how many messages everything is told again. Default 30: five minutes. */
  readonly snapshotEvery?: number | undefined;
  readonly log: Logger;
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
  readonly #subjects: ReturnType<typeof capabilitySubjects>;
  readonly #sender: string;
  readonly #snapshotEvery: number;
  readonly #limitBytes: number;
  readonly #pulse: Pulse;
  readonly #sources = new Map<string, CapabilitySource>();
  /** Stopped and not yet said to be. */
  readonly #leaving = new Set<CapabilitySource>();
  #subscriptions: Subscription[] | undefined = undefined;
  #forgetLink: (() => void) | undefined = undefined;
  #sequence = 0;
  #untilSnapshot = 0;
  #linkTrouble = false;
  #closed = false;
  /** Who waits until what is remembered now was sent. */
  #telling: PromiseWithResolvers<void> | undefined = undefined;

  /** @throws ReeveError `INVALID_OPTION` naming the option */
  constructor(options: CapabilityActorOptions) {
    this.#options = options;
    readName("capabilities: host", options.host);
    this.#subjects = capabilitySubjects(readName("capabilities: namespace", options.namespace ?? "reeve"));
    const intervalMs = readDuration("capabilities: intervalMs", options.intervalMs, "10s", { minMs: 1 });
    this.#snapshotEvery = readInteger("capabilities: snapshotEvery", options.snapshotEvery, 30);
    this.#limitBytes = options.transport.maxPayloadBytes - messageOverheadBytes;
    this.#sender = options.ids();
    this.#pulse = new Pulse({ ...options, intervalMs, beat: () => this.#send() });
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
    this.#listen();
    if (earlier) this.#retire(key, earlier);
    this.#sources.set(key, source);
    return this.#handle(key, source);
  }

  /** Tells what is untold and falls silent. */
  close(): void {
    if (this.#closed) return;
    if (this.#leaving.size > 0 || [...this.#sources.values()].some(({ changed }) => changed)) this.#send();
    this.#closed = true;
    this.#telling?.resolve();
    this.#pulse.stop();
    this.#forgetLink?.();
    for (const subscription of this.#subscriptions ?? []) subscription.unsubscribe();
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
    if (cluster !== undefined) readName(`${field}: cluster`, cluster);
    readInteger(`${field}: epoch`, epoch, 0, { min: 0 });
    if (!isSchema(schema))
      throw reeveError("INVALID_OPTION", `${field}: schema: ${shown(schema)} is no Standard Schema`);
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
      if (first) this.#pulse.hurry();
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
        if (urgent && source.reported) this.#pulse.hurry();
      },
      refresh: () => {
        if (!current() || !source.reported) return;
        source.forgetSent();
        this.#pulse.hurry();
      },
      detach: () => {
        if (current()) this.#retire(key, source);
      },
    };
  }

  #tellSoon(): Promise<void> {
    this.#telling ??= Promise.withResolvers();
    this.#pulse.hurry();
    return this.#telling.promise;
  }

  #retire(key: string, source: CapabilitySource): void {
    this.#sources.delete(key);
    if (!source.reported) return;
    source.setStatus("stopped");
    this.#leaving.add(source);
    this.#pulse.hurry();
  }

  /** Waits for questions from the first manager on; a supervisor without one says and hears nothing. */
  #listen(): void {
    if (this.#subscriptions || this.#closed) return;
    const { transport } = this.#options;
    const tellAll = () => {
      this.#untilSnapshot = 0;
      if (this.#speaks()) this.#pulse.hurry();
    };
    this.#subscriptions = [this.#subjects.wanted, this.#subjects.wantedFrom(this.#sender)].map((subject) =>
      transport.subscribe(subject, tellAll),
    );
    this.#forgetLink = transport.onLink((up) => {
      if (up) tellAll();
    });
  }

  /** Once it has spoken it goes on, even with nothing left to say: only so does a lost last word show as a gap. */
  #speaks(): boolean {
    return this.#sequence > 0 || this.#leaving.size > 0 || [...this.#sources.values()].some(({ reported }) => reported);
  }

  #send(): void {
    this.#sendNews();
    this.#telling?.resolve();
    this.#telling = undefined;
  }

  #sendNews(): void {
    const now = this.#options.clock.now();
    const everything = this.#untilSnapshot <= 0;
    // Who leaves goes first: its successor at the same address may be in the same message.
    const told = [...this.#leaving, ...this.#sources.values()].filter((source) =>
      everything ? source.reported : source.changed,
    );
    const texts = told.map((source) => encodeEntry(source.entry(now, everything)));
    if (!this.#publish(pack(texts, this.#limitBytes), everything)) return;
    for (const source of told) source.markSent();
    this.#leaving.clear();
    this.#untilSnapshot = everything ? this.#snapshotEvery - 1 : this.#untilSnapshot - 1;
  }

  /** False when the link is down; what was to be told stays untold until the next turn, or until the link is back. */
  #publish(groups: readonly (readonly string[])[], snapshot: boolean): boolean {
    const { transport, host, log } = this.#options;
    try {
      for (const [index, entries] of groups.entries()) {
        const part = snapshot ? { part: index + 1, parts: groups.length } : undefined;
        const head = { sender: this.#sender, host, sequence: this.#sequence + 1, snapshot: part };
        transport.publish(this.#subjects.reports, encodeMessage(head, entries));
        this.#sequence += 1;
      }
    } catch (error) {
      if (!this.#linkTrouble) log.warn({ err: error }, "capabilities could not be sent; trying again");
      this.#linkTrouble = true;
      return false;
    }
    if (this.#linkTrouble) log.info("capabilities are sent again");
    this.#linkTrouble = false;
    return true;
  }
}
