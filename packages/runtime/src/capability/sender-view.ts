import { ofOneStore } from "./measurement.ts";
import { type CapabilityEntry, type CapabilityMessage, entryKey } from "./message.ts";
import type { CapabilityReport, ReportSource } from "./reports.ts";

/** A sender's managers beyond so many are ignored: made-up ones must not fill the memory. */
const maxReports = 16_384;

/** One sender's managers, put together from its messages. A difference is only ever applied to what it is a difference to. */
export class SenderView implements ReportSource {
  readonly id: string;
  readonly host: string;
  heardAt: number;
  #sequence = 0;
  /** Everything before `#sequence` has arrived, or a snapshot made up for it. */
  #complete = false;
  #reports = new Map<string, CapabilityReport>();
  /** Keys of the snapshot's parts so far; undefined outside of one. */
  #snapshot: Set<string> | undefined = undefined;

  constructor(id: string, host: string, now: number) {
    this.id = id;
    this.host = host;
    this.heardAt = now;
  }

  get size(): number {
    return this.#reports.size;
  }

  /** Whether messages were missed; a snapshot on its way, part by part, is none missed. */
  get wantsSnapshot(): boolean {
    return !this.#complete && this.#snapshot === undefined;
  }

  reports(): Iterable<CapabilityReport> {
    return this.#reports.values();
  }

  /** The reports that a message changes. A repeated or overtaken message changes nothing. */
  receive({ sequence, snapshot, entries }: CapabilityMessage, now: number): readonly CapabilityReport[] {
    if (sequence <= this.#sequence) return [];
    if (sequence !== this.#sequence + 1) {
      this.#complete = false;
      this.#snapshot = undefined;
    }
    this.#sequence = sequence;
    this.heardAt = now;
    const changed: CapabilityReport[] = [];
    for (const entry of entries) {
      const report = this.#merge(entry, now);
      if (!report || !this.#hasRoomFor(report)) continue;
      changed.push(report);
      this.#keep(report);
    }
    if (snapshot) changed.push(...this.#collect(snapshot, entries));
    return changed;
  }

  #merge(entry: CapabilityEntry, now: number): CapabilityReport | undefined {
    const known = this.#reports.get(entryKey(entry.manager, entry.address));
    // What a sender says later of another store is newer, whatever its epoch.
    if (known && ofOneStore(known, entry) && known.epoch > entry.epoch) return undefined;
    const measuredAt = now - entry.ageMs;
    if (entry.full) return this.#report(entry, entry.set, entry.count, measuredAt);
    if (known?.epoch !== entry.epoch || known.incarnation !== entry.incarnation) return undefined;
    // The status holds by itself, and a stop must not wait for the snapshot.
    if (!this.#complete) return this.#report(entry, known.capabilities, known.count, known.measuredAt);
    return this.#report(entry, { ...known.capabilities, ...entry.set }, entry.count, measuredAt);
  }

  #report(
    { manager, address, cluster, epoch, incarnation, store, status }: CapabilityEntry,
    capabilities: CapabilityReport["capabilities"],
    count: number,
    measuredAt: number,
  ): CapabilityReport {
    Object.freeze(capabilities);
    return Object.freeze({
      manager,
      address,
      cluster,
      epoch,
      incarnation,
      store,
      status,
      capabilities,
      count,
      measuredAt,
      source: this,
    });
  }

  #hasRoomFor({ manager, address }: CapabilityReport): boolean {
    return this.#reports.size < maxReports || this.#reports.has(entryKey(manager, address));
  }

  #keep(report: CapabilityReport): void {
    const key = entryKey(report.manager, report.address);
    if (report.status === "stopped") this.#reports.delete(key);
    else this.#reports.set(key, report);
  }

  /** Notes a snapshot's part; after the last, what no part named has stopped. */
  #collect(
    { part, parts }: NonNullable<CapabilityMessage["snapshot"]>,
    entries: readonly CapabilityEntry[],
  ): readonly CapabilityReport[] {
    if (part === 1) this.#snapshot = new Set();
    const named = this.#snapshot;
    if (!named) return [];
    for (const { manager, address } of entries) {
      if (named.size < maxReports) named.add(entryKey(manager, address));
    }
    if (part < parts) return [];
    this.#snapshot = undefined;
    this.#complete = true;
    const missing = [...this.#reports].filter(([key]) => !named.has(key)).map(([, report]) => report);
    const stopped = missing.map((report) => Object.freeze({ ...report, status: "stopped" as const }));
    for (const report of stopped) this.#keep(report);
    return stopped;
  }
}
