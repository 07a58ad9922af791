import { signal } from "@preact/signals";
import type { PanelTable } from "@reeve/runtime/inspection";
import {
  type HostNews,
  HostPicture,
  type InspectedTransition,
  type InspectionContext,
  type PanelHead,
} from "@reeve/runtime/internal/inspection";
import type { ChartDrawing } from "../../../src/chart/drawing.ts";
import type { Hearing } from "../../../src/fleet.ts";
import type { EndpointMessage } from "../../../src/page-protocol.ts";
import { type ManagerView, managerView, stateText } from "./manager-view.ts";
import { MessageRing, nameOf } from "./message-ring.ts";
import { Rates } from "./rates.ts";

export interface HostView {
  readonly picture: HostPicture;
  hearing: Hearing;
}

export interface Change {
  readonly key: string;
  readonly at: number;
  readonly name: string;
  readonly event: string;
  readonly state: string;
  readonly cause: string;
  readonly failure: string | undefined;
}

const mostChanges = 300;
let changeKeys = 0;

function changeOf(
  name: string,
  step: Pick<InspectedTransition, "at" | "event" | "causes"> & {
    readonly state: string;
    readonly failure?: string | undefined;
  },
): Change {
  changeKeys += 1;
  const { at, event, causes, failure, state } = step;
  const cause = causes.map(({ reason, message }) => `${reason}: ${message}`).join(" · ");
  return { key: String(changeKeys), at, name, event, state, cause, failure };
}

/** Everything the page knows. {@link revision} moves when any of it does, once a frame at most. */
export class FleetState {
  readonly revision = signal(0);
  readonly hosts = new Map<string, HostView>();
  readonly messages = new MessageRing();
  readonly rates = new Rates();
  readonly charts = new Map<string, ChartDrawing>();
  /** By actor id: with its own state in full. */
  readonly details = new Map<string, InspectionContext>();
  /** By panel, then by host. */
  readonly tables = new Map<string, Map<string, PanelTable>>();
  /** What changed state, newest last. */
  changes: Change[] = [];
  ownInstance = "";
  mayAct = false;
  /** How far the endpoint's clock is ahead of this one, in milliseconds. */
  aheadMs = 0;
  missed = 0;
  #frame = 0;
  #managers: readonly ManagerView[] | undefined;

  receive(message: EndpointMessage): void {
    if (message.type === "hello") this.#begin(message);
    else if (message.type === "news") this.#news(message.news);
    else if (message.type === "hearing") this.#hear(message.instance, message.hearing);
    else if (message.type === "chart") this.charts.set(message.definition, message.drawing);
    else if (message.type === "missed") {
      this.missed += message.missed;
      this.messages.mark(`This page was too slow: ${message.missed} updates were left out`, this.now());
    }
    this.touch();
  }

  /** Milliseconds since 1970 by the endpoint's clock. */
  now(): number {
    return Date.now() + this.aheadMs;
  }

  touch(): void {
    this.#managers = undefined;
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.revision.value += 1;
    });
  }

  /** Every manager, by host and then by name. */
  managers(): readonly ManagerView[] {
    this.#managers ??= [...this.hosts.values()].flatMap((host) => managersOf(host));
    return this.#managers;
  }

  manager(name: string): ManagerView | undefined {
    return this.managers().find((view) => view.name === name);
  }

  panels(): readonly PanelHead[] {
    const heads = new Map<string, PanelHead>();
    for (const { picture } of this.hosts.values())
      for (const head of picture.facts?.panels ?? []) heads.set(head.id, head);
    return [...heads.values()];
  }

  #begin({ instance, mayAct, at }: Extract<EndpointMessage, { type: "hello" }>): void {
    if (this.ownInstance) this.messages.mark("The connection was lost here; some messages may be missing", at);
    this.ownInstance = instance;
    this.mayAct = mayAct;
    this.aheadMs = at - Date.now();
    this.hosts.clear();
  }

  #news(news: HostNews): void {
    const { instance, at } = news;
    const host = this.hosts.get(instance) ?? { picture: new HostPicture(instance), hearing: "heard" as Hearing };
    this.hosts.set(instance, host);
    host.picture.apply(news);
    for (const { id, snapshot } of news.actors ?? []) this.rates.add({ id, ...snapshot.context }, at);
    for (const load of news.loads ?? []) this.rates.add(load, at);
    for (const id of news.ended ?? []) {
      this.rates.forget(id);
      this.details.delete(id);
    }
    for (const { id, context } of news.details ?? []) this.details.set(id, context);
    for (const { panel, table } of news.tables ?? []) {
      const tables = this.tables.get(panel) ?? new Map<string, PanelTable>();
      this.tables.set(panel, tables.set(instance, table));
    }
    this.messages.add(instance, news.messages ?? []);
    this.messages.skipped += news.skipped ?? 0;
    if (news.host || news.more) this.#recall(news);
    this.#remember(news);
  }

  /** What happened before this page was opened, as the managers remember it. */
  #recall({ actors = [] }: HostNews): void {
    const known = new Set(this.changes.map(({ at, name }) => `${name} ${at}`));
    const past = actors.flatMap(({ name, history }) =>
      history
        .filter(({ at }) => !known.has(`${name} ${at}`))
        .map(({ value, ...step }) => changeOf(name, { ...step, state: stateText(value) })),
    );
    if (past.length === 0) return;
    this.changes = [...this.changes, ...past].sort((a, b) => a.at - b.at).slice(-mostChanges);
  }

  #remember({ changes = [] }: HostNews): void {
    for (const { id, at, event, snapshot } of changes) {
      const { causes, failure } = snapshot.context;
      this.changes.push(changeOf(nameOf(id), { at, event, causes, failure, state: stateText(snapshot.value) }));
    }
    if (this.changes.length > mostChanges * 2) this.changes = this.changes.slice(-mostChanges);
  }

  #hear(instance: string, hearing: Hearing): void {
    const host = this.hosts.get(instance);
    if (!host) return;
    if (hearing === "gone") {
      this.hosts.delete(instance);
      for (const tables of this.tables.values()) tables.delete(instance);
    } else host.hearing = hearing;
  }
}

function managersOf({ picture }: HostView): readonly ManagerView[] {
  const { instance } = picture;
  const views = [
    ...[...picture.actors.values()].map((actor) => managerView(instance, actor, false)),
    ...[...picture.ended.values()].map((actor) => managerView(instance, actor, true)),
  ];
  return views.sort((a, b) => order.compare(a.name, b.name));
}

const order = new Intl.Collator("en", { numeric: true });
