import type { Clock } from "../base/clock.ts";
import { readName } from "../config/index.ts";
import type { Counters, Logger } from "../telemetry/index.ts";
import type { Message, Subscription } from "../transport/transport.ts";
import { decodeMessage } from "./codec.ts";
import type { CapabilityLink } from "./link.ts";
import type { CapabilityMessage } from "./message.ts";
import type { CapabilityReport, CapabilityReports, ReportListener } from "./reports.ts";
import { SenderView } from "./sender-view.ts";
import { type CapabilitySubjects, capabilitySubjects } from "./subjects.ts";

/** A sender silent for this long is gone for good; a supervisor that restarts comes with a new identity. */
const forgetAfterMs = 600_000;
const sweepEveryMs = 60_000;
/** Further senders are ignored: made-up ones must not fill the memory. */
const maxSenders = 65_536;
const defaultMaxReports = 262_144;
/** Between two questions to one sender, so that a burst of its messages after a gap asks once. */
const askGapMs = 1_000;

export interface ReportReceiverOptions {
  readonly clock: Clock;
  readonly transport: CapabilityLink;
  /** First token of the subjects. Default `reeve`. */
  readonly namespace?: string | undefined;
  readonly log: Logger;
  readonly counters: Counters;
  /** Managers that are known of all senders together; what brings more is ignored. Default 262,144. */
  readonly maxReports?: number | undefined;
}

/** Hears the capability actors of every supervisor, from the first listener to the last. One per supervisor. */
export class ReportReceiver implements CapabilityReports {
  readonly clock: Clock;
  readonly #options: ReportReceiverOptions;
  readonly #subjects: CapabilitySubjects;
  readonly #maxReports: number;
  readonly #listeners = new Set<{ readonly tell: ReportListener }>();
  readonly #views = new Map<string, SenderView>();
  readonly #askedAt = new Map<string, number>();
  readonly #complainedOf = new Set<string>();
  #subscription: Subscription | undefined = undefined;
  #forgetLink: (() => void) | undefined = undefined;
  #requestWaits = false;
  /** Reports of all views together. */
  #reports = 0;
  #sweptAt = 0;
  #closed = false;

  /** @throws ReeveError `INVALID_OPTION` naming the option */
  constructor(options: ReportReceiverOptions) {
    this.clock = options.clock;
    this.#options = options;
    this.#maxReports = options.maxReports ?? defaultMaxReports;
    this.#subjects = capabilitySubjects(readName("capabilities: namespace", options.namespace ?? "reeve"));
  }

  subscribe(listener: ReportListener): () => void {
    if (this.#closed) return () => {};
    const entry = { tell: listener };
    this.#listeners.add(entry);
    this.#open();
    for (const view of this.#views.values()) for (const report of view.reports()) this.#tell(entry, report);
    return () => {
      if (this.#listeners.delete(entry) && this.#listeners.size === 0) this.#shut();
    };
  }

  request(): void {
    if (this.#closed) return;
    this.#open();
    this.#requestWaits = !this.#ask(this.#subjects.wanted);
  }

  /** Hears nothing more. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#shut();
  }

  #open(): void {
    if (this.#subscription) return;
    const { transport } = this.#options;
    this.#subscription = transport.subscribe(this.#subjects.reports, (message) => this.#receive(message));
    this.#forgetLink = transport.onLink((up) => {
      if (up && this.#requestWaits) this.request();
    });
  }

  /** What is not listened to goes stale, so nothing is kept. */
  #shut(): void {
    this.#subscription?.unsubscribe();
    this.#forgetLink?.();
    this.#subscription = undefined;
    this.#forgetLink = undefined;
    this.#requestWaits = false;
    this.#views.clear();
    this.#reports = 0;
    this.#askedAt.clear();
  }

  #receive({ data }: Message): void {
    const message = this.#decode(data);
    if (!message) return;
    const now = this.clock.now();
    this.#sweep(now);
    const view = this.#viewOf(message, now);
    if (!view || this.#reports + message.entries.length > this.#maxReports) return this.#ignore("crowded");
    const before = view.size;
    const changed = view.receive(message, now);
    this.#reports += view.size - before;
    for (const report of changed) {
      for (const listener of [...this.#listeners]) this.#tell(listener, report);
    }
    if (view.wantsSnapshot) this.#askAgain(view.id, now);
  }

  #viewOf({ sender, host }: CapabilityMessage, now: number): SenderView | undefined {
    const known = this.#views.get(sender);
    if (known || this.#views.size >= maxSenders) return known;
    const view = new SenderView(sender, host, now);
    this.#views.set(sender, view);
    return view;
  }

  #decode(data: Uint8Array): CapabilityMessage | undefined {
    try {
      const message = decodeMessage(data);
      if (!message) this.#ignore("unknown");
      return message;
    } catch (error) {
      this.#ignore("malformed", error);
      return undefined;
    }
  }

  /** Every one is counted; the first of a kind is logged, or a sender in a loop would fill the log. */
  #ignore(kind: "unknown" | "malformed" | "crowded", error?: unknown): void {
    this.#options.counters.counter("capabilities.ignored", { kind }).add();
    if (this.#complainedOf.has(kind)) return;
    this.#complainedOf.add(kind);
    this.#options.log.warn(
      { err: error, kind },
      "a capability message was ignored; the count capabilities.ignored tells how many",
    );
  }

  #tell({ tell }: { readonly tell: ReportListener }, report: CapabilityReport): void {
    try {
      tell(report);
    } catch (error) {
      this.#options.log.error({ err: error }, `a listener failed on the report of ${report.manager} ${report.address}`);
    }
  }

  #askAgain(sender: string, now: number): void {
    const askedAt = this.#askedAt.get(sender);
    if (askedAt !== undefined && now - askedAt < askGapMs) return;
    if (this.#ask(this.#subjects.wantedFrom(sender))) this.#askedAt.set(sender, now);
  }

  #ask(subject: string): boolean {
    try {
      this.#options.transport.publish(subject, new Uint8Array(0));
      return true;
    } catch (error) {
      this.#options.log.debug({ err: error }, "capabilities could not be asked for");
      return false;
    }
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < sweepEveryMs) return;
    this.#sweptAt = now;
    for (const { id, heardAt, size } of this.#views.values()) {
      if (now - heardAt <= forgetAfterMs) continue;
      this.#reports -= size;
      this.#views.delete(id);
      this.#askedAt.delete(id);
    }
  }
}
