import type { Clock, Timer } from "../base/clock.ts";
import { boundedValue } from "./bounded-value.ts";
import type { InspectionBus } from "./bus.ts";
import { FrameGatherer } from "./frame-gatherer.ts";
import { HostPicture } from "./host-picture.ts";
import { inParts } from "./in-order.ts";
import { LastAnswer } from "./last-answer.ts";
import {
  type DetailNews,
  type GaveUp,
  type HostNews,
  type Interest,
  noInterest,
  type PanelHead,
  type TableNews,
} from "./news.ts";
import type { InspectionPanel, PanelTable } from "./panel.ts";
import { PayloadShelf } from "./payload-shelf.ts";
import { isProblem, readPanel } from "./read-panel.ts";
import { firstRows } from "./shown-table.ts";

const newsEveryMs = 100;
/** Figures, own state and tables are looked at in every tenth round. */
const roundsPerLook = 10;
const actorsEach = 200;
const interests = 8;
const closeUp = { depth: 6, nodes: 500, text: 2_000 };

/** What the feed needs of a host: its supervisor gives it. */
export interface InspectableHost {
  readonly host: string;
  readonly cluster?: string | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly bus: InspectionBus;
  /** Tables shown beside the managers. Default none. */
  readonly panels?: readonly InspectionPanel[] | undefined;
}

export interface HostFeedOptions {
  readonly host: InspectableHost;
  readonly clock: Clock;
  /** Unique to this process's life. */
  readonly instance: string;
  /** Whether the host takes actions from elsewhere, for who watches. Default false. */
  readonly acts?: boolean;
}

/** One watcher of a {@link HostFeed}. */
export interface HostWatch {
  want(interest: Interest): void;
  /** Everything once more, to this watcher alone. */
  refresh(): void;
  end(): void;
}

interface Watcher {
  readonly receive: (news: HostNews) => void;
  interest: Interest;
}

/**
 * Tells watchers what happens on one host, ten times a second at most. Observes the bus, and runs a timer, only while
 * somebody watches. A watcher that throws is let go.
 */
export class HostFeed {
  readonly instance: string;
  readonly #host: InspectableHost;
  readonly #clock: Clock;
  readonly #acts: boolean;
  readonly #watchers = new Set<Watcher>();
  readonly #shelf = new PayloadShelf();
  readonly #readings = new WeakMap<InspectionPanel, LastAnswer<PanelTable>>();
  #gatherer = new FrameGatherer(this.#shelf);
  #picture: HostPicture;
  #seq = 0;
  #gaveUp: GaveUp | undefined;
  #round = 0;
  #stopObserving: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor({ host, clock, instance, acts = false }: HostFeedOptions) {
    this.instance = instance;
    this.#host = host;
    this.#clock = clock;
    this.#acts = acts;
    this.#picture = new HostPicture(instance);
  }

  get hostName(): string {
    return this.#host.host;
  }

  /** Everything that is known now, in parts; nothing while nobody watches. */
  whole(): Iterable<HostNews> {
    return this.#picture.whole(this.#clock.wallNow(), actorsEach);
  }

  /** The watcher is told of every live actor before this returns. */
  watch(receive: (news: HostNews) => void, interest: Interest = noInterest): HostWatch {
    const watcher: Watcher = { receive, interest };
    if (this.#watchers.size === 0) this.#begin();
    this.#watchers.add(watcher);
    this.#tellAll(watcher);
    return {
      want: (wanted) => {
        watcher.interest = wanted;
        this.#look();
      },
      refresh: () => this.#tellAll(watcher),
      end: () => {
        if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#end();
      },
    };
  }

  /** What a message carried, cut to size; undefined where it is kept no longer. */
  payload(seq: number): { readonly payload: unknown } | undefined {
    return this.#shelf.has(seq) ? { payload: this.#shelf.get(seq) } : undefined;
  }

  /** The host is about to stop for this reason: watchers learn it while it can still be told. */
  giveUp(why: GaveUp): void {
    this.#gaveUp = why;
    if (this.#watchers.size === 0) return;
    this.#flush();
    this.#tell({ gaveUp: why });
  }

  /** Tells the watchers what happened last and that this host stops, and lets them go. Close the {@link FleetFeed} of it afterwards. */
  close(): void {
    if (this.#watchers.size === 0) return;
    this.#flush();
    this.#tell({ left: true });
    this.#watchers.clear();
    this.#end();
  }

  #begin(): void {
    this.#picture = new HostPicture(this.instance);
    this.#gatherer = new FrameGatherer(this.#shelf, this.#gatherer.seq);
    const { host, cluster, startedAt, bus } = this.#host;
    const ended = bus.ended();
    for (const frame of ended) this.#gatherer.add(frame);
    this.#seq += 1;
    this.#picture.apply({
      ...this.#stamp(),
      host: { host, ...(cluster === undefined ? {} : { cluster }), startedAt, panels: this.#heads(), acts: this.#acts },
      ...(this.#gaveUp && { gaveUp: this.#gaveUp }),
      ...this.#gatherer.take(),
      ended: ended.map(({ id }) => id),
    });
    this.#stopObserving = bus.observe((frame) => this.#gatherer.add(frame));
    this.#seq += 1;
    this.#picture.apply({ ...this.#stamp(), ...this.#gatherer.take() });
    this.#schedule();
  }

  #end(): void {
    this.#stopObserving?.();
    this.#clock.clearTimeout(this.#timer);
    this.#shelf.clear();
    // What is known is of no use until somebody watches again, and is learnt anew then.
    this.#picture = new HostPicture(this.instance);
    this.#gatherer = new FrameGatherer(this.#shelf, this.#gatherer.seq);
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#schedule();
      this.#round = (this.#round + 1) % roundsPerLook;
      this.#flush();
      if (this.#round === 0) this.#look();
    }, newsEveryMs);
  }

  #flush(): void {
    const { definitions, skipped, ...gathered } = this.#gatherer.take();
    let first = { ...(definitions ? { definitions } : {}), ...(skipped ? { skipped } : {}) };
    for (const part of inParts(gathered, actorsEach)) {
      this.#tell({ ...first, ...part });
      first = {};
    }
    if (Object.keys(first).length > 0) this.#tell(first);
  }

  /** Told even when empty: it says that this host still lives. */
  #look(): void {
    this.#flush();
    const live = new Set<string>();
    const loads = [...this.#host.bus.loads()].filter((load) => {
      live.add(load.id);
      const known = this.#picture.actors.get(load.id)?.snapshot.context;
      return (
        known &&
        (known.calls !== load.calls ||
          known.errors !== load.errors ||
          known.inFlight !== load.inFlight ||
          known.queued !== load.queued)
      );
    });
    // Whoever could not describe itself when it began.
    const strange = new Set([...live].filter((id) => !this.#picture.actors.has(id)));
    if (strange.size > 0) {
      for (const frame of this.#host.bus.described(strange)) this.#gatherer.add(frame);
      this.#flush();
    }
    const ended = [...this.#picture.actors.keys()].filter((id) => !live.has(id));
    const details = this.#details();
    const tables = this.#tables();
    const panels = this.#heads();
    const known = this.#picture.facts?.panels;
    this.#tell({
      ...(JSON.stringify(panels) === JSON.stringify(known) ? {} : { panels }),
      ...(loads.length > 0 ? { loads } : {}),
      ...(ended.length > 0 ? { ended } : {}),
      ...(details.length > 0 ? { details } : {}),
      ...(tables.length > 0 ? { tables } : {}),
    });
  }

  #details(): readonly DetailNews[] {
    const focus = this.#wanted("focus");
    if (focus.size === 0) return [];
    return [...this.#host.bus.described(focus)].map(({ id, snapshot }) => {
      const { own, ...context } = snapshot.context;
      return { id, context: own === undefined ? context : { ...context, own: boundedValue(own, closeUp) } };
    });
  }

  /** Several managers may have a panel of one id: its rows are theirs together. */
  #tables(): readonly TableNews[] {
    const wanted = this.#wanted("panels");
    const tables = new Map<string, PanelTable>();
    for (const panel of this.#host.panels ?? []) {
      if (!wanted.has(panel.id)) continue;
      const read = readPanel(panel, this.#readingOf(panel));
      const before = tables.get(panel.id);
      const totals = [...(before?.totals ?? []), ...(read.totals ?? [])];
      // One that cannot be read takes no column from the others.
      const tells = read.columns.length > 0 && (!before || !isProblem(read) || isProblem(before));
      tables.set(panel.id, {
        columns: tells ? read.columns : (before?.columns ?? []),
        rows: firstRows([...(before?.rows ?? []), ...read.rows]),
        ...(totals.length > 0 && { totals }),
      });
    }
    return [...tables].map(([panel, table]) => ({ panel, table }));
  }

  #readingOf(panel: InspectionPanel): LastAnswer<PanelTable> {
    let reading = this.#readings.get(panel);
    if (!reading) {
      reading = new LastAnswer(this.#clock);
      this.#readings.set(panel, reading);
    }
    return reading;
  }

  #heads(): readonly PanelHead[] {
    const heads = new Map<string, PanelHead>();
    for (const { id, title, empty } of this.#host.panels ?? []) {
      heads.set(id, { id, title, ...(empty === undefined ? {} : { empty }) });
    }
    return [...heads.values()];
  }

  #wanted(what: keyof Interest): ReadonlySet<string> {
    return new Set([...this.#watchers].flatMap(({ interest }) => interest[what].slice(0, interests)));
  }

  #stamp(): Pick<HostNews, "instance" | "seq" | "at"> {
    return { instance: this.instance, seq: this.#seq, at: this.#clock.wallNow() };
  }

  #tell(news: Omit<HostNews, "instance" | "seq" | "at">): void {
    this.#seq += 1;
    const told = { ...this.#stamp(), ...news };
    this.#picture.apply(told);
    for (const watcher of this.#watchers) this.#hand(watcher, told);
  }

  #tellAll(watcher: Watcher): void {
    for (const news of this.whole()) this.#hand(watcher, news);
  }

  #hand(watcher: Watcher, news: HostNews): void {
    try {
      watcher.receive(news);
    } catch {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#end();
    }
  }
}
