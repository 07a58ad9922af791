import { reeveError, type Schema } from "@reeve/contract";
import { describeIssues, issuesOf } from "@reeve/contract/internal";
import { entryOverheadBytes, textBytes } from "./codec.ts";
import type { Measurement } from "./measurement.ts";
import type { CapabilityEntry, Fields } from "./message.ts";
import { plainFields } from "./plain-fields.ts";
import type { ReportedStatus } from "./status.ts";

export interface SourceOptions {
  readonly manager: string;
  readonly address: string;
  readonly cluster: string | undefined;
  readonly epoch: number;
  readonly incarnation: string | undefined;
  readonly store: string | undefined;
  readonly schema: Schema;
  readonly extra: Fields;
  readonly limitBytes: number;
}

/** What one manager said last, and what of it was sent. */
export class CapabilitySource {
  readonly manager: string;
  readonly address: string;
  readonly epoch: number;
  readonly store: string | undefined;
  readonly #options: SourceOptions;
  readonly #what: string;
  #status: ReportedStatus = "starting";
  #fields: Fields | undefined = undefined;
  /** The fields as text, so that finding what changed compares no trees. */
  #texts: ReadonlyMap<string, string> = new Map();
  #sentTexts: ReadonlyMap<string, string> | undefined = undefined;
  #count = 0;
  #measuredAt = 0;
  #changed = false;
  /** Whether one that `begin` has told of is being made. */
  #measuring = false;
  /** Whether `begin` tells of every measurement, as far as is known. */
  #told: boolean | undefined = undefined;

  constructor(options: SourceOptions) {
    this.manager = options.manager;
    this.address = options.address;
    this.epoch = options.epoch;
    this.store = options.store;
    this.#options = options;
    this.#what = `capabilities of ${options.manager} ${options.address}`;
  }

  get status(): ReportedStatus {
    return this.#status;
  }

  /** Whether it has said anything yet. */
  get reported(): boolean {
    return this.#fields !== undefined;
  }

  /** Whether there is something the schedulers have not been sent. */
  get changed(): boolean {
    return this.#changed && this.reported;
  }

  get visibleFrom(): Measurement {
    return this.#numbered(this.#count + (this.#told && !this.#measuring ? 1 : 2));
  }

  /** A measurement begins; returns how to say that it has ended. */
  begin(): () => void {
    this.#told ??= true;
    this.#measuring = true;
    return () => {
      this.#measuring = false;
    };
  }

  setStatus(status: ReportedStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#changed = true;
  }

  /** @throws ReeveError `INVALID_INPUT`; what was known before stays */
  measure(value: unknown, now: number): Measurement {
    if (!this.#measuring) this.#told = false;
    const fields = { ...this.#options.extra, ...plainFields(this.#what, this.#parse(value)) };
    const texts = new Map(Object.entries(fields).map(([name, field]) => [name, JSON.stringify(field)]));
    this.#checkSize(texts);
    this.#fields = fields;
    this.#texts = texts;
    this.#count += 1;
    this.#measuredAt = now;
    this.#changed = true;
    return this.#numbered(this.#count);
  }

  /** The next entry will be a full one. */
  forgetSent(): void {
    this.#sentTexts = undefined;
    this.#changed = true;
  }

  /** What to send now: the difference to what was sent, or everything. */
  entry(now: number, everything: boolean): CapabilityEntry {
    const { manager, address, cluster, epoch, incarnation, store } = this.#options;
    const sent = everything || this.#lostField() ? undefined : this.#sentTexts;
    const head = { manager, address, cluster, epoch, incarnation, store, status: this.#status, count: this.#count };
    const ageMs = Math.max(0, Math.round(now - this.#measuredAt));
    if (!sent) return { ...head, ageMs, full: true, set: this.#fields! };
    const set: Record<string, unknown> = {};
    for (const [name, text] of this.#texts) if (sent.get(name) !== text) set[name] = this.#fields![name];
    return { ...head, ageMs, set };
  }

  markSent(): void {
    this.#sentTexts = this.#texts;
    this.#changed = false;
  }

  #numbered(count: number): Measurement {
    const { epoch, incarnation, store } = this.#options;
    return { epoch, count, incarnation, store };
  }

  #lostField(): boolean {
    for (const name of this.#sentTexts?.keys() ?? []) if (!this.#texts.has(name)) return true;
    return false;
  }

  #parse(value: unknown): unknown {
    const result = this.#options.schema["~standard"].validate(value);
    if (result instanceof Promise) {
      result.catch(() => {});
      throw reeveError("INVALID_OPTION", `${this.#what}: its schema must not be asynchronous`);
    }
    if (!result.issues) return result.value;
    const issues = issuesOf(result.issues);
    throw reeveError("INVALID_INPUT", `${this.#what}: ${describeIssues(issues)}`, { data: { issues } });
  }

  #checkSize(texts: ReadonlyMap<string, string>): void {
    let bytes = entryOverheadBytes;
    for (const [name, text] of texts) bytes += textBytes(JSON.stringify(name)) + textBytes(text) + 2;
    if (bytes <= this.#options.limitBytes) return;
    const message = `${bytes} bytes, more than the ${this.#options.limitBytes} a message may have; report less`;
    throw reeveError("INVALID_INPUT", `${this.#what}: ${message}`, { data: { issues: [{ path: "", message }] } });
  }
}
