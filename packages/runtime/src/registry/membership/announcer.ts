import { reeveError } from "@reeve/contract";
import { parseVersion } from "@reeve/contract/internal";
import { type Clock, sinceBoot, type Timer } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { readAddress, readDuration, readInteger, readName } from "../../config/index.ts";
import type { Logger } from "../../telemetry/index.ts";
import type { Denial } from "../../transport/denials.ts";
import type { Transport } from "../../transport/transport.ts";
import { isOver, type MemberEntry, type MemberState, placeOf } from "./beat.ts";
import { maxEveryMs } from "./beat-codec.ts";
import { Beater, checkVoice } from "./beater.ts";
import type { Beats } from "./beats.ts";
import type { BeatLink } from "./link.ts";
import { SharedBeats } from "./shared-beats.ts";
import { ThreadBeats } from "./thread-beats.ts";

const loadEveryMs = 1_000;

export interface AnnouncerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly link: BeatLink & Pick<Transport, "forThread">;
  /** Identifies this life of this process: one subject token, unique. */
  readonly sender: string;
  readonly host: string;
  /** First token of the subjects. Default `reeve`. */
  readonly namespace?: string | undefined;
  /** Longest time between two beats, in milliseconds, up to a minute. Default 2 s. */
  readonly intervalMs?: number | undefined;
  readonly log: Logger;
  /** What the broker forbids the thread that beats; told at each change. */
  onDenied?(denials: readonly Denial[]): void;
}

export interface AnnounceOptions {
  readonly manager: string;
  /** The contract's, `major.minor`. */
  readonly version: string;
  readonly address: string;
  readonly cluster?: string | undefined;
  /** Of this incarnation; above that of the one announced before it at this address. */
  readonly epoch: number;
  /** Identifies this incarnation. Default: none, as with processes of old. */
  readonly incarnation?: string | undefined;
  /** Identifies the store that the epoch was counted in. */
  readonly store?: string | undefined;
  /** Calls running and waiting now; asked every second. */
  readonly load?: (() => { readonly inFlight: number; readonly queued: number }) | undefined;
}

/** What others should know of a manager's state. */
export interface AnnouncedStatus {
  readonly state: MemberState;
  readonly phase: "warmingUp" | "ready" | undefined;
  readonly causes: readonly { readonly reason: string }[];
  /** Whether it takes `any` calls. */
  readonly canServe: boolean;
}

/** One incarnation's place among the members. After the end, or once a newer incarnation took its place, it does nothing. */
export interface Announcement {
  setStatus(status: AnnouncedStatus): void;
  /** Since when it holds its address, by the clock that counts sleep; undefined: it does not. */
  setHeld(since: number | undefined): void;
  /** Says that it has stopped, unless its last status said so. */
  end(): void;
}

interface Announced {
  readonly options: AnnounceOptions;
  entry: MemberEntry;
}

/** Tells everybody of this process's managers; silent until there is one. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #namespace: string;
  readonly #intervalMs: number;
  readonly #announced = new Map<string, Announced>();
  /** What changed in this turn of the event loop, to be handed on together. */
  readonly #changed = new Map<string, MemberEntry>();
  /** When it was heard last, whatever it spoke by. */
  readonly #voice = new SharedBeats();
  #beats: Beats | undefined;
  #flushing = false;
  #loadTimer: Timer;
  /** Losses of the link, and how many of them are told because it is back. */
  #losses = 0;
  #links = 0;
  readonly #forgetLink: () => void;
  #closed: Promise<void> | undefined;

  /** @throws ReeveError `INVALID_OPTION` naming the option */
  constructor(options: AnnouncerOptions) {
    this.#options = options;
    readName("members: sender", options.sender);
    readName("members: host", options.host);
    this.#namespace = readName("members: namespace", options.namespace ?? "reeve");
    this.#intervalMs = readDuration("members: intervalMs", options.intervalMs, "2s", { minMs: 1, maxMs: maxEveryMs });
    this.#forgetLink = options.link.onLink((up) => void this.#linkChanged(up));
  }

  /**
   * Adds a manager, as `booting`. A newer incarnation takes the place of the one before.
   *
   * @throws ReeveError `INVALID_OPTION` naming what is malformed, or an epoch that is not above the one announced
   */
  announce(options: AnnounceOptions): Announcement {
    const entry = read(options, this.#links);
    const place = placeOf(entry);
    const before = this.#announced.get(place);
    if (before && before.entry.epoch >= entry.epoch) {
      throw reeveError("INVALID_OPTION", `members: ${place}: epoch: ${entry.epoch} is not above ${before.entry.epoch}`);
    }
    const announced: Announced = { options, entry };
    this.#announced.set(place, announced);
    this.#tell(place, announced);
    return {
      setStatus: (status) => {
        if (this.#announced.get(place) === announced) this.#update(place, announced, status);
      },
      setHeld: (heldSince) => {
        if (this.#announced.get(place) !== announced) return;
        announced.entry = { ...announced.entry, heldSince };
        this.#tell(place, announced);
      },
      end: () => {
        if (this.#announced.get(place) !== announced) return;
        this.#update(place, announced, { state: "stopped", phase: undefined, causes: [], canServe: false });
      },
    };
  }

  /**
   * When this process was last silent for so long that others took it for dead, by the clock that counts sleep: what it held
   * since before that, it holds no more.
   */
  get lapsedAt(): number {
    checkVoice(this.#voice, this.#intervalMs, sinceBoot(this.#options.clock));
    return this.#voice.lapsedAt;
  }

  /** Resolves when whoever asks for a manager announced so far is answered. At once without a link, or when it closes. Never rejects. */
  async answering(): Promise<void> {
    this.#flush();
    await this.#beats?.answering();
  }

  /** Says that all have stopped, and falls silent; resolves when that is sent, or cannot be. Idempotent, never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /**
   * The link is up, and had too much to carry for something that callers wait for: as good as a loss. They ask once the
   * broker has taken the rest.
   */
  refused(): void {
    // Told of already, once the broker confirms; or with the next link.
    if (this.#losses > this.#links) return;
    this.#losses += 1;
    void this.#tellLosses();
  }

  #update(place: string, announced: Announced, { state, phase, causes, canServe }: AnnouncedStatus): void {
    const reasons = causes.map(({ reason }) => reason);
    announced.entry = { ...announced.entry, state, phase, reasons, canServe };
    if (isOver(announced.entry)) this.#announced.delete(place);
    this.#tell(place, announced);
  }

  #tell(place: string, { entry }: Announced): void {
    if (this.#closed) return;
    this.#changed.set(place, entry);
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#changed.size === 0) return;
    this.#beats ??= this.#open();
    this.#beats.put([...this.#changed.values()]);
    this.#changed.clear();
  }

  /**
   * Callers ask at once what became of their calls, maybe by another way than that of this link: the broker has its
   * subscriptions before they are told.
   */
  async #linkChanged(up: boolean): Promise<void> {
    if (!up) this.#losses += 1;
    if (up && this.#losses > this.#links) await this.#tellLosses();
  }

  async #tellLosses(): Promise<void> {
    const { link } = this.#options;
    await link.flush().catch(() => undefined);
    // Lost again: the next link tells of both.
    if (!link.connected) return;
    this.#links = this.#losses;
    for (const [place, announced] of this.#announced) {
      announced.entry = { ...announced.entry, links: this.#links };
      this.#tell(place, announced);
    }
  }

  #open(): Beats {
    const { clock, random, link, sender, host, log, onDenied } = this.#options;
    this.#sampleLater();
    const identity = { sender, host, namespace: this.#namespace, everyMs: this.#intervalMs };
    const onTrouble = (err: unknown) => log.warn({ err }, "beats cannot be sent; trying again");
    const beater = (nextSequence: () => number) =>
      new Beater({ ...identity, clock, random, link, nextSequence, onTrouble, voice: this.#voice });
    const transport = link.forThread?.();
    if (transport)
      return new ThreadBeats({
        ...identity,
        transport,
        log,
        standIn: beater,
        shared: this.#voice,
        ...(onDenied ? { onDenied } : {}),
      });
    let sequence = 0;
    return beater(() => {
      sequence += 1;
      return sequence;
    });
  }

  #sampleLater(): void {
    this.#loadTimer = this.#options.clock.setTimeout(() => {
      for (const [place, announced] of this.#announced) this.#sample(place, announced);
      this.#sampleLater();
    }, loadEveryMs);
  }

  #sample(place: string, announced: Announced): void {
    const load = announced.options.load?.();
    const { inFlight, queued } = announced.entry;
    if (!load || (load.inFlight === inFlight && load.queued === queued)) return;
    announced.entry = { ...announced.entry, inFlight: load.inFlight, queued: load.queued };
    this.#tell(place, announced);
  }

  async #close(): Promise<void> {
    this.#flush();
    this.#forgetLink();
    this.#options.clock.clearTimeout(this.#loadTimer);
    await this.#beats?.stop();
  }
}

function read(options: AnnounceOptions, links: number): MemberEntry {
  const { manager, version, address, cluster, epoch, incarnation, store } = options;
  readName("members: manager", manager);
  readAddress("members: address", address);
  if (cluster !== undefined) readName("members: cluster", cluster);
  return {
    manager,
    ...parseVersion("members: version", version),
    address,
    cluster,
    epoch: readInteger("members: epoch", epoch, 0, { min: 0 }),
    incarnation,
    store,
    heldSince: undefined,
    state: "booting",
    phase: undefined,
    reasons: [],
    canServe: false,
    inFlight: 0,
    queued: 0,
    links,
  };
}
