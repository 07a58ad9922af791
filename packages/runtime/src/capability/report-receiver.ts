import type { Clock } from "../base/clock.ts";
import { readName } from "../config/index.ts";
import { Complaints, type GossipLink, gossipSubjects, SenderView, Subscriber } from "../gossip/index.ts";
import type { Counters, Logger } from "../telemetry/index.ts";
import { anonymous } from "../transport/anonymous.ts";
import { Listeners } from "../transport/listeners.ts";
import { readEntry } from "./codec.ts";
import { ofOneStore } from "./measurement.ts";
import { type CapabilityEntry, entryKey, messageType } from "./message.ts";
import type { CapabilityReport, CapabilityReports, ReportListener } from "./reports.ts";

const sweepEveryMs = 60_000;
const maxSenders = 65_536;
const defaultMaxReports = 262_144;
/** Three intervals of silence: its address is for others to report on. */
const lapsesMs = 30_000;

export interface ReportReceiverOptions {
  readonly clock: Clock;
  readonly transport: GossipLink;
  /** First token of the subjects. Default `reeve`. */
  readonly namespace?: string | undefined;
  readonly log: Logger;
  readonly counters: Counters;
  /** Managers that are known of all senders together; a further one takes the place of one of the caller token with the most. Default 262,144. */
  readonly maxReports?: number | undefined;
}

type View = SenderView<CapabilityReport>;

/** Hears the capability actors of every supervisor, from the first listener to the last. One per supervisor. */
export class ReportReceiver implements CapabilityReports {
  readonly clock: Clock;
  readonly #options: ReportReceiverOptions;
  readonly #subscriber: Subscriber<CapabilityEntry, CapabilityReport, View>;
  readonly #subscribe: () => { unsubscribe(): void }[];
  readonly #listeners = new Listeners<CapabilityReport>();
  #listening = 0;
  #subscriptions: { unsubscribe(): void }[] | undefined = undefined;
  #forgetLink: (() => void) | undefined = undefined;
  #requestWaits = false;
  #sweptAt = 0;
  #closed = false;

  /** @throws ReeveError `INVALID_OPTION` naming the option */
  constructor(options: ReportReceiverOptions) {
    const { clock, transport: link, log, counters, maxReports: maxEntries = defaultMaxReports } = options;
    this.clock = clock;
    this.#options = options;
    const subjects = gossipSubjects(readName("capabilities: namespace", options.namespace ?? "reeve"), "capabilities");
    const complaints = new Complaints({ topic: "capabilities", log, counters });
    this.#subscriber = new Subscriber({
      ...{ clock, link, subjects, type: messageType, complaints, nobody: anonymous, maxSenders, maxEntries, lapsesMs },
      port: {
        begin: (...view) => new SenderView(...view),
        read: ({ entries }) => entries.map(readEntry),
        key: ({ manager, address }) => entryKey(manager, address),
        merge,
        isOver: ({ status }) => status === "stopped",
        told: (_, { said, missing }) => {
          for (const report of [...said, ...missing.map(stopped)]) this.#tell(report);
        },
        evicted: (_, report) => this.#tell(stopped(report)),
        scopeOf: () => [],
      },
    });
    this.#subscribe = () => [
      link.subscribe(subjects.allNews, (message) => {
        this.#sweep(clock.now());
        this.#subscriber.hear(message, false);
      }),
      link.subscribe(subjects.allFound(link.caller), (message) => void this.#subscriber.hear(message, true)),
    ];
  }

  subscribe(listener: ReportListener): () => void {
    if (this.#closed) return () => {};
    const alone = new Listeners<CapabilityReport>();
    alone.add(listener);
    const stop = this.#listeners.add(listener);
    this.#listening += 1;
    this.#open();
    for (const view of this.#subscriber.views()) for (const report of view.entries()) this.#tell(report, alone);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      stop();
      this.#listening -= 1;
      if (this.#listening === 0) this.#shut();
    };
  }

  request(): void {
    if (this.#closed) return;
    this.#open();
    this.#requestWaits = !this.#subscriber.ask([]);
  }

  /** Hears nothing more. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#shut();
  }

  #open(): void {
    if (this.#subscriptions) return;
    this.#subscriptions = this.#subscribe();
    this.#forgetLink = this.#options.transport.onLink((up) => {
      // What was told meanwhile was missed, of everybody: one question, not one to each after its next telling.
      if (up && (this.#requestWaits || this.#subscriber.size > 0)) this.request();
    });
  }

  /** What is not listened to goes stale, so nothing is kept. */
  #shut(): void {
    for (const subscription of this.#subscriptions ?? []) subscription.unsubscribe();
    this.#forgetLink?.();
    this.#subscriptions = undefined;
    this.#forgetLink = undefined;
    this.#requestWaits = false;
    this.#subscriber.forgetAll();
  }

  #tell(report: CapabilityReport, listeners = this.#listeners): void {
    listeners.tell(report, (err) =>
      this.#options.log.error({ err }, `a listener failed on the report of ${report.manager} ${report.address}`),
    );
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < sweepEveryMs) return;
    this.#sweptAt = now;
    this.#subscriber.sweep(now);
  }
}

/** A difference is only ever applied to what it is a difference to. */
function merge(
  known: CapabilityReport | undefined,
  entry: CapabilityEntry,
  view: View,
  now: number,
): CapabilityReport | undefined {
  // What a sender says later of another store is newer, whatever its epoch.
  if (known && ofOneStore(known, entry) && known.epoch > entry.epoch) return undefined;
  const measuredAt = now - entry.ageMs;
  if (entry.full) return reportOf(entry, view, { capabilities: entry.set, count: entry.count, measuredAt });
  if (known?.epoch !== entry.epoch || known.incarnation !== entry.incarnation) return undefined;
  // The status holds by itself, and a stop must not wait for the answer.
  if (!view.complete) return reportOf(entry, view, known);
  const capabilities = { ...known.capabilities, ...entry.set };
  return reportOf(entry, view, { capabilities, count: entry.count, measuredAt });
}

function reportOf(
  { manager, address, cluster, epoch, incarnation, store, status }: CapabilityEntry,
  source: View,
  { capabilities, count, measuredAt }: Pick<CapabilityReport, "capabilities" | "count" | "measuredAt">,
): CapabilityReport {
  Object.freeze(capabilities);
  const who = { manager, address, cluster, epoch, incarnation, store };
  return Object.freeze({ ...who, status, capabilities, count, measuredAt, source });
}

function stopped(report: CapabilityReport): CapabilityReport {
  return Object.freeze({ ...report, status: "stopped" });
}
