import type { LedgerPage } from "./ledger.ts";
import { hostKey, type Reservation, sameNeeds } from "./reservation.ts";

/** A reservation and when it was first seen here: its end stands in the ledger, but a clock that is set back must not put it off for ever. */
export interface Entry {
  readonly reservation: Reservation;
  /** Since when it stands in its present form, on this scheduler's clock. */
  readonly since: number;
}

/** Told of an address whose reservations have changed; of the one that was added, where nothing else did. */
type OnReservations = (manager: string, address: string, added?: Reservation) => void;

/**
 * What this scheduler knows of the ledger. Between its turns it may be behind; in a turn, when it has caught up, it is the
 * ledger, and what the turn decides is in it before that is committed: a turn that fails takes it back.
 */
export class ReservationIndex {
  readonly #entries = new Map<string, Entry>();
  readonly #byHost = new Map<string, Map<string, Reservation>>();
  readonly #onChange: OnReservations;
  #revision = 0;

  constructor(onChange: OnReservations) {
    this.#onChange = onChange;
  }

  /** Every change up to this one was applied; 0 when all is to be read. */
  get revision(): number {
    return this.#revision;
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

  /** In a turn: from here on it is the ledger as the turn found it. */
  catchUp(page: LedgerPage, now: number): void {
    if (page.whole) this.#replace(page, now);
    else {
      // A request has one row: it ends, or has another form.
      for (const { request } of page.removals) this.remove(request);
      for (const reservation of page.reservations) this.put(reservation, now);
    }
    this.#revision = page.revision;
  }

  /** What a turn has written up to its revision is committed. */
  committed(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  /** A turn has failed: the next one reads everything. */
  doubt(): void {
    this.#revision = 0;
  }

  /** What a turn has decided of a request. */
  put(reservation: Reservation, now: number): void {
    const known = this.#entries.get(reservation.request)?.reservation;
    this.#entries.set(reservation.request, { reservation, since: now });
    const key = hostKey(reservation.manager, reservation.address);
    const isHere = known !== undefined && hostKey(known.manager, known.address) === key;
    if (known && !isHere) this.#unlist(known);
    const list = this.#byHost.get(key);
    if (list) list.set(reservation.request, reservation);
    else this.#byHost.set(key, new Map([[reservation.request, reservation]]));
    this.#onChange(reservation.manager, reservation.address, isHere ? undefined : reservation);
  }

  remove(request: string): void {
    const entry = this.#entries.get(request);
    if (!entry) return;
    this.#entries.delete(request);
    this.#unlist(entry.reservation);
  }

  #replace({ reservations }: LedgerPage, now: number): void {
    const there = new Set(reservations.map(({ request }) => request));
    for (const request of [...this.#entries.keys()]) if (!there.has(request)) this.remove(request);
    for (const reservation of reservations) {
      if (!sameForm(this.find(reservation.request), reservation)) this.put(reservation, now);
    }
  }

  #unlist({ manager, address, request }: Reservation): void {
    const key = hostKey(manager, address);
    const list = this.#byHost.get(key);
    list?.delete(request);
    if (list?.size === 0) this.#byHost.delete(key);
    this.#onChange(manager, address);
  }
}

/** Revisions are used again after a rollback: one may stand for two forms then. */
function sameForm(known: Reservation | undefined, read: Reservation): boolean {
  if (known?.revision !== read.revision || known.manager !== read.manager || known.address !== read.address)
    return false;
  const [a, b] = [known.visibleFrom, read.visibleFrom];
  const confirmedAlike = a?.epoch === b?.epoch && a?.count === b?.count && a?.incarnation === b?.incarnation;
  return confirmedAlike && known.heldUntil === read.heldUntil && sameNeeds(known.needs, read.needs);
}
