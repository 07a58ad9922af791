import type {
  ChangeNews,
  ChildChangeNews,
  DetailNews,
  HostNews,
  HostPicture,
  InspectionLoad,
  TableNews,
} from "@reeve/runtime/internal/inspection";

/** How many actors one part tells of in full, with their past; and of how many their figures. */
const wholeEach = 50;
const figuresEach = 500;
/** Ids of what came and went untold: from so many on, beyond those known now, telling everything anew is shorter. */
const mostIdle = 1_000;

/** What one viewer was not told yet of one host: of each actor only what it is now, however often it changed. */
export class Untold {
  /** What the viewer knows of the host is to be forgotten, and everything follows. */
  #afresh = false;
  #panels = false;
  #gaveUp = false;
  readonly #definitions = new Set<string>();
  /** To be told in full. */
  readonly #actors = new Set<string>();
  readonly #children = new Set<string>();
  readonly #changes = new Map<string, ChangeNews>();
  readonly #childChanges = new Map<string, ChildChangeNews>();
  readonly #loads = new Map<string, InspectionLoad>();
  readonly #ended = new Set<string>();
  readonly #details = new Map<string, DetailNews>();
  readonly #tables = new Map<string, TableNews>();

  get isEmpty(): boolean {
    return !this.#afresh && !this.#panels && !this.#gaveUp && this.#all.every(({ size }) => size === 0);
  }

  /** @param picture what is known of the host, this news included */
  add(news: HostNews, picture: HostPicture): void {
    if (news.host) this.#clear();
    this.#afresh ||= news.host !== undefined;
    this.#panels ||= news.panels !== undefined;
    this.#gaveUp ||= news.gaveUp !== undefined;
    for (const key of Object.keys(news.definitions ?? {})) this.#definitions.add(key);
    for (const { id } of news.actors ?? []) {
      this.#actors.add(id);
      this.#changes.delete(id);
      this.#loads.delete(id);
    }
    for (const change of news.changes ?? []) {
      if (!this.#actors.has(change.id)) this.#changes.set(change.id, change);
      // It has the figures of its time.
      this.#loads.delete(change.id);
    }
    for (const load of news.loads ?? []) if (!this.#actors.has(load.id)) this.#loads.set(load.id, load);
    for (const id of news.ended ?? []) this.#ended.add(id);
    for (const { id } of news.children ?? []) {
      this.#children.add(id);
      this.#childChanges.delete(id);
    }
    for (const change of news.childChanges ?? []) {
      if (change.snapshot.status !== "active") this.#children.delete(change.id);
      else if (this.#children.has(change.id) || this.#hasEnded(change.id)) continue;
      this.#childChanges.set(change.id, change);
    }
    for (const detail of news.details ?? []) this.#details.set(detail.id, detail);
    for (const table of news.tables ?? []) this.#tables.set(table.panel, table);
    const known = picture.actors.size + picture.ended.size + picture.children.size;
    if (this.#all.reduce((sum, { size }) => sum + size, 0) > 4 * known + mostIdle) this.#beginAfresh(picture);
  }

  /** The next part of it, made from what is known now. Not for one that is empty. */
  take(picture: HostPicture, at: number): HostNews {
    const { instance, seq, facts, gaveUp } = picture;
    const definitions = taken(this.#definitions, Number.POSITIVE_INFINITY).flatMap((key) => {
      const definition = picture.definitions.get(key);
      return definition ? [[key, definition] as const] : [];
    });
    const news = {
      instance,
      seq,
      at,
      ...(this.#afresh && facts ? { host: facts } : { more: true as const }),
      ...(this.#panels && !this.#afresh && facts && { panels: facts.panels }),
      ...(this.#gaveUp && gaveUp && { gaveUp }),
      ...(definitions.length > 0 && { definitions: Object.fromEntries(definitions) }),
      ...this.#lists(picture),
    };
    this.#afresh = false;
    this.#panels = false;
    this.#gaveUp = false;
    return news;
  }

  #hasEnded(child: string): boolean {
    const { snapshot } = this.#childChanges.get(child) ?? {};
    return snapshot !== undefined && snapshot.status !== "active";
  }

  #lists(picture: HostPicture): Partial<HostNews> {
    // A child is taken in below what is known already.
    if (this.#actors.size > 0) return this.#introductions(picture);
    const children = taken(this.#children, wholeEach).flatMap((id) => picture.children.get(id) ?? []);
    if (children.length > 0) return { children };
    const changes = takenValues(this.#changes, figuresEach);
    // Its last change comes before later figures of an actor, and before its end.
    const further = this.#changes.size > 0 ? 0 : figuresEach;
    const lists = {
      changes,
      childChanges: takenValues(this.#childChanges, figuresEach),
      loads: takenValues(this.#loads, further),
      details: takenValues(this.#details, 1),
      tables: takenValues(this.#tables, 1),
      ended: taken(this.#ended, further),
    };
    return Object.fromEntries(Object.entries(lists).filter(([, told]) => told.length > 0));
  }

  #introductions(picture: HostPicture): Partial<HostNews> {
    const ids = taken(this.#actors, wholeEach);
    const ended = ids.filter((id) => !picture.actors.has(id));
    for (const id of ended) this.#ended.delete(id);
    return {
      actors: ids.flatMap((id) => picture.actors.get(id) ?? picture.ended.get(id) ?? []),
      ...(ended.length > 0 && { ended }),
    };
  }

  #beginAfresh({ actors, ended, children, definitions }: HostPicture): void {
    this.#clear();
    this.#afresh = true;
    for (const key of definitions.keys()) this.#definitions.add(key);
    for (const id of [...actors.keys(), ...ended.keys()]) this.#actors.add(id);
    for (const id of children.keys()) this.#children.add(id);
  }

  get #all(): readonly { readonly size: number; clear(): void }[] {
    return [
      ...[this.#definitions, this.#actors, this.#children, this.#changes, this.#childChanges],
      ...[this.#loads, this.#ended, this.#details, this.#tables],
    ];
  }

  #clear(): void {
    for (const one of this.#all) one.clear();
  }
}

function taken(all: Set<string>, most: number): readonly string[] {
  return takenEntries(all, most).map(([id]) => id);
}

function takenValues<T>(all: Map<string, T>, most: number): readonly T[] {
  return takenEntries(all, most).map(([, value]) => value);
}

function takenEntries<T>(all: Map<string, T> | Set<T & string>, most: number): readonly (readonly [string, T])[] {
  const some: (readonly [string, T])[] = [];
  for (const [id, value] of all.entries()) {
    if (some.length >= most) break;
    some.push([id, value]);
    all.delete(id as T & string);
  }
  return some;
}
