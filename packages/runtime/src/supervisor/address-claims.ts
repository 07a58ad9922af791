import { reeveError } from "@reeve/contract";
import { type Clock, sinceBoot } from "../base/clock.ts";
import type { Announcement, Heard, MemberEntry, Members } from "../registry/membership/index.ts";
import { placeOf, sameStore } from "../registry/membership/index.ts";
import type { ServedManager } from "../rpc/remote/server/endpoint.ts";
import type { Logger } from "../telemetry/index.ts";
import { Listeners } from "../transport/listeners.ts";
import type { Transport } from "../transport/transport.ts";
import { type ClaimPort, OwnClaim } from "./own-claim.ts";
import type { Neighbours } from "./vacancy.ts";

interface AddressClaimsOptions {
  readonly members: Pick<Members, "onHeard" | "askHost">;
  readonly link: Pick<Transport, "caller" | "connected" | "onLink">;
  readonly host: string;
  readonly sender: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** When this process was last taken for dead: see {@link Announcer.lapsedAt}. */
  lapsedAt(): number;
  /** It is known who lives here: what has come meanwhile may be taken in, but for what others got whose address it was. */
  onSettled(taken: ReadonlySet<ServedManager>): void;
}

/** A link that was away for longer may have hidden somebody who took an address. */
const awayMs = 5_000;

/**
 * Decides, for the managers of one process, whether they live at their addresses or another process does. Asks before the
 * first of them opens, and again when this process may have missed something; in between it hears what the others say.
 */
export class AddressClaims implements Neighbours {
  readonly #options: AddressClaimsOptions;
  readonly #own = new Map<string, OwnClaim>();
  /** By manager and address, and by sender and place: what others say of addresses at this host. */
  readonly #others = new Map<string, Map<string, { readonly sender: string; readonly entry: MemberEntry }>>();
  readonly #closers: readonly (() => void)[];
  readonly #said = new Listeners<void>();
  /** While it is asked for those that wait for an address. */
  #inquiring: Promise<boolean> | undefined;
  /** While it is asked who is there. */
  #asking: Promise<void> | undefined;
  /** Somebody was asked since the link came up. */
  #asked = false;
  #lostAt: number | undefined;
  /** Those whose addresses others held while it was asked. */
  readonly #taken = new Set<ServedManager>();
  /** Another reason to ask came up meanwhile. */
  #again = false;
  #closed = false;

  constructor(options: AddressClaimsOptions) {
    const { members, link } = options;
    this.#options = options;
    this.#closers = [members.onHeard((heard) => this.#hear(heard)), link.onLink((up) => this.#linkChanged(up))];
  }

  /** Whether it is known, as far as it can be, that nobody else lives at the addresses that are held here. */
  get settled(): boolean {
    return this.#asking === undefined;
  }

  /** Follows a manager that begins to boot. */
  watch(manager: ServedManager, announcement: Pick<Announcement, "setHeld">, port: ClaimPort): OwnClaim {
    const { sender, clock, log, link } = this.#options;
    const key = keyOf(manager.contract.name, manager.address);
    const claim = new OwnClaim({ manager, sender, clock, log, announcement, port });
    this.#own.set(key, claim);
    // Without a link nobody else is reached from here, nor anybody here from elsewhere.
    if (link.connected && !this.#asked && !this.#asking) this.#ask();
    if (!this.#asking) this.#decide(key, claim);
    return claim;
  }

  unwatch(claim: OwnClaim): void {
    const key = keyOf(claim.manager.contract.name, claim.manager.address);
    if (this.#own.get(key) === claim) this.#own.delete(key);
    claim.end();
  }

  /** What other processes say of an address of this host. */
  *said(manager: string, address: string): Iterable<MemberEntry> {
    for (const { entry } of this.#others.get(keyOf(manager, address))?.values() ?? []) yield entry;
  }

  onSaid(listener: () => void): () => void {
    return this.#said.add(listener);
  }

  inquire(): Promise<boolean> {
    const { members, host } = this.#options;
    this.#inquiring ??= members.askHost(host).finally(() => {
      this.#inquiring = undefined;
    });
    return this.#inquiring;
  }

  /** The event loop did not turn for so long: others may have taken this process for dead. */
  stoodStill(ms: number): void {
    if (this.#own.size === 0) return;
    const message = `the process stood still for ${Math.round(ms / 1_000)} s; asking whether anybody took its place`;
    for (const [key, claim] of this.#own) {
      claim.doubt(message);
      // Their word may have been the first thing that was heard.
      for (const { entry } of this.#others.get(key)?.values() ?? []) heed(claim, entry);
    }
    this.#ask();
  }

  close(): void {
    this.#closed = true;
    for (const close of this.#closers) close();
    for (const claim of this.#own.values()) claim.end();
    this.#own.clear();
  }

  #linkChanged(up: boolean): void {
    const now = sinceBoot(this.#options.clock);
    if (!up) {
      this.#lostAt = now;
      return;
    }
    // What was held where nobody else could hear of it counts for nothing, from before the first of it is announced.
    if (!this.#asked) for (const claim of this.#own.values()) claim.renew();
    const missed = !this.#asked || (this.#lostAt !== undefined && now - this.#lostAt > awayMs);
    if (missed && this.#own.size > 0) this.#ask();
  }

  #ask(): void {
    if (this.#asking) this.#again = true;
    else this.#asking = this.#askUntilKnown();
  }

  async #askUntilKnown(): Promise<void> {
    const { members, link, host, onSettled } = this.#options;
    const first = !this.#asked;
    for (let known = false; !known && !this.#closed; ) {
      this.#again = false;
      // The question leaves before anything is announced, so that the broker can tell at once that nobody is there.
      const confirmed = await members.askHost(host);
      this.#asked ||= confirmed;
      known = confirmed && !this.#again;
      // Without a link it is decided when it comes; and a start does not wait for a broker that confirms nothing.
      if (!link.connected || (first && !this.#again)) break;
    }
    this.#asking = undefined;
    if (this.#closed) return;
    this.#taken.clear();
    for (const [key, claim] of [...this.#own]) {
      // What was held where nobody else could hear of it counts for nothing.
      if (first) claim.renew();
      this.#decide(key, claim);
    }
    onSettled(this.#taken);
  }

  #hear({ sender, caller, put, gone }: Heard): void {
    // Nobody else's word decides about what runs here.
    if (caller !== this.#options.link.caller) return;
    const touched = new Set<string>();
    for (const place of gone) {
      const key = keyOfPlace(place);
      const others = this.#others.get(key);
      if (!others?.delete(`${sender} ${place}`)) continue;
      if (others.size === 0) this.#others.delete(key);
      touched.add(key);
    }
    for (const entry of put) {
      if (!this.#isHere(entry.address)) continue;
      const key = keyOf(entry.manager, entry.address);
      const others = this.#others.get(key) ?? new Map();
      this.#others.set(key, others.set(`${sender} ${placeOf(entry)}`, { sender, entry }));
      const claim = this.#own.get(key);
      if (claim) heed(claim, entry);
      touched.add(key);
    }
    for (const key of touched) {
      const claim = this.#own.get(key);
      if (claim) this.#decide(key, claim);
    }
    if (touched.size > 0)
      this.#said.tell(undefined, (err) =>
        this.#options.log.error({ err }, "a superseded manager did not see who is there"),
      );
  }

  #isHere(address: string): boolean {
    const { host } = this.#options;
    return address === host || (address.startsWith(host) && address[host.length] === "@");
  }

  #decide(key: string, claim: OwnClaim): void {
    const { manager } = claim;
    for (const { sender, entry } of this.#others.get(key)?.values() ?? []) {
      if (!sameStore(entry, manager) || entry.epoch <= manager.epoch) continue;
      // What drains leaves its address to who is here.
      if (entry.state === "draining") continue;
      void claim.superseded(succeeded(manager, sender, entry.epoch)).then((over) => {
        if (!over) this.#weigh(key, claim);
      });
      return;
    }
    this.#weigh(key, claim);
  }

  /** Against those of other stores. */
  #weigh(key: string, claim: OwnClaim): void {
    if (this.#asking || this.#own.get(key) !== claim) return;
    const others = [...(this.#others.get(key)?.values() ?? [])];
    const taken = claim.decide(
      others.filter(({ entry }) => !sameStore(entry, claim.manager)).map(({ sender, entry }) => ({ ...entry, sender })),
      this.#options.lapsedAt(),
    );
    if (taken) this.#taken.add(claim.manager);
  }
}

/** What another process says of its address. */
function heed(claim: OwnClaim, entry: MemberEntry): void {
  if (entry.heldSince !== undefined && !sameStore(entry, claim.manager)) claim.heldElsewhere();
}

function succeeded({ contract, address, epoch }: ServedManager, sender: string, successor: number) {
  const message =
    `${contract.name}/${address}: process ${sender} runs it too, with epoch ${successor} above this one's ${epoch}; ` +
    "if both are meant to run, give one of them another host name or backend";
  return reeveError("FENCED", message, { address, data: { epoch, successor } });
}

/** Of every version: they share record and epoch. */
function keyOf(manager: string, address: string): string {
  return `${manager}/${address}`;
}

/** @param place from {@link placeOf} */
function keyOfPlace(place: string): string {
  const [kind, address] = place.split(" ") as [string, string];
  return keyOf(kind.slice(0, kind.lastIndexOf(".v")), address);
}
