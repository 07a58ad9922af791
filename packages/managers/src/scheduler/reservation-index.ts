import type { LedgerPage } from "./ledger.ts";
import { hostKey, type Reservation } from "./reservation.ts";

/** A reservation and when it was first seen here: its end stands in the ledger, but a clock that is set back must not put it off for ever. */
export interface Entry {
  readonly reservation: Reservation;
  /** Since when it stands in its present form, on this scheduler's clock. */
  readonly since: number;
}

/**
 * What this scheduler knows of the ledger. It may still hold what another scheduler has removed, and then offers less than it could;
 * it never misses what another has reserved, once it has applied every change up to its turn.
 */
export class ReservationIndex {
  readonly #entries = new Map<string, Entry>();
  readonly #byHost = new Map<string, Map<string, Reservation>>();
  readonly #onChange: (manager: string, address: string) => void;
  #revision = 0;
  #removals = 0;

  /** @param onChange called with each address whose reservations have changed */
  constructor(onChange: (manager: string, address: string) => void) {
    this.#onChange = onChange;
  }

  /** Every change up to this one was applied. */
  get revision(): number {
    return this.#revision;
  }

  /** Every removal up to this one was applied. */
  get removals(): number {
    return this.#removals;
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  find(request: string): Reservation | undefined {
    return this.#entries.get(request)?.reservation;
  }

  of(manager: string, address: string): Iterable<Reservation> {
    return this.#byHost.get(hostKey(manager, address))?.values() ?? [];
  }

  /** Takes in what was written since {@link revision}: all of it up to the highest revision among it. */
  apply(changes: readonly Reservation[], now: number): void {
    for (const reservation of changes) {
      this.#put(reservation, now);
      this.#revision = Math.max(this.#revision, reservation.revision);
    }
  }

  /** Takes nothing for applied: the next turn reads all changes there are. */
  forgetRevision(): void {
    this.#revision = 0;
  }

  /** Takes in one change, which says nothing of those before it. */
  learn(reservation: Reservation, now: number): void {
    this.#put(reservation, now);
  }

  /** Takes in everything there is; what is not there and was not written later has been removed. */
  replace({ revision, removals, reservations }: LedgerPage, now: number): void {
    const there = new Set(reservations.map(({ request }) => request));
    for (const { reservation } of [...this.#entries.values()]) {
      if (!there.has(reservation.request) && reservation.revision <= revision) this.remove(reservation.request);
    }
    this.apply(reservations, now);
    this.#revision = Math.max(this.#revision, revision);
    this.#removals = Math.max(this.#removals, removals);
  }

  remove(request: string): void {
    const entry = this.#entries.get(request);
    if (!entry) return;
    this.#entries.delete(request);
    this.#unlist(entry.reservation);
  }

  #put(reservation: Reservation, now: number): void {
    const known = this.#entries.get(reservation.request)?.reservation;
    if (known && known.revision >= reservation.revision) return;
    this.#entries.set(reservation.request, { reservation, since: now });
    const key = hostKey(reservation.manager, reservation.address);
    if (known && hostKey(known.manager, known.address) !== key) this.#unlist(known);
    const list = this.#byHost.get(key);
    if (list) list.set(reservation.request, reservation);
    else this.#byHost.set(key, new Map([[reservation.request, reservation]]));
    this.#onChange(reservation.manager, reservation.address);
  }

  #unlist({ manager, address, request }: Reservation): void {
    const key = hostKey(manager, address);
    const list = this.#byHost.get(key);
    list?.delete(request);
    if (list?.size === 0) this.#byHost.delete(key);
    this.#onChange(manager, address);
  }
}
