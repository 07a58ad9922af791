import type { InspectionPanel, InspectorPage } from "@reeve/runtime/inspection";
import {
  type ActorFrame,
  HostFeed,
  type HostNews,
  InspectionBus,
  type StateValue,
} from "@reeve/runtime/internal/inspection";
import { systemClock } from "@reeve/runtime/transport";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { inspector } from "./inspector.ts";
import type { InspectorOptions } from "./options.ts";
import type { EndpointMessage, PageMessage } from "./page-protocol.ts";

export const operatorToken = "operator-token-0123";
export const viewToken = "viewer-token-012345";
const definition = {
  id: "manager",
  initial: "serving",
  states: { serving: { on: { "cause.raised": "degraded" } }, degraded: {} },
};

/** A host with one manager, and an inspector that shows it. */
export interface Stage {
  readonly bus: InspectionBus;
  readonly feed: HostFeed;
  readonly page: InspectorPage;
  readonly port: number;
  move(value: StateValue, event: string): void;
  call(operation: string, sourceId?: string, payload?: unknown): void;
}

export async function stage(options: InspectorOptions = {}, panels: readonly InspectionPanel[] = []): Promise<Stage> {
  const bus = new InspectionBus();
  const host = { host: "a", startedAt: 0, bus, panels };
  const feed = new HostFeed({ host, clock: systemClock, instance: "a-1" });
  let value: StateValue = "serving";
  const snapshot = (): ActorFrame["snapshot"] => ({
    status: "active",
    value,
    context: { causes: [], epoch: 1, inFlight: 0, queued: 0, calls: 0, errors: 0, startedAt: 0, own: { exported: 3 } },
  });
  const id = "volume/a#1";
  bus.add({
    describe: () => ({
      type: "actor",
      id,
      name: "volume/a",
      host: "a",
      parentId: undefined,
      definition,
      snapshot: snapshot(),
      at: 0,
    }),
    load: () => ({ id, inFlight: 0, queued: 0, calls: 0, errors: 0 }),
  });
  const page = await inspector({ port: 0, token: operatorToken, viewToken, ...options }).attach({
    feed,
    clock: systemClock,
  });
  onTestFinished(() => page.close());
  return {
    bus,
    feed,
    page,
    port: Number(new URL(page.url).port),
    move: (to, event) => {
      value = to;
      bus.emit({ type: "snapshot", id, event: { type: event }, snapshot: snapshot(), at: 1 });
    },
    call: (operation, sourceId, payload) =>
      bus.emit({ type: "event", id, sourceId, event: { type: "call", operation, payload, requestId: "r1" }, at: 1 }),
  };
}

/** A page without a browser. */
export interface OpenedPage {
  readonly socket: WebSocket;
  say(message: PageMessage): void;
  /** The first message, already here or still to come, that fits. */
  heard<M extends EndpointMessage["type"]>(
    type: M,
    fits?: (message: Extract<EndpointMessage, { type: M }>) => boolean,
  ): Promise<Extract<EndpointMessage, { type: M }>>;
  news(fits: (news: HostNews) => boolean): Promise<HostNews>;
}

export async function openPage(port: number, token: string): Promise<OpenedPage> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live?token=${token}`);
  onTestFinished(() => socket.terminate());
  const messages: EndpointMessage[] = [];
  const waiting = new Set<() => void>();
  socket.on("message", (data) => {
    messages.push(JSON.parse(String(data)) as EndpointMessage);
    for (const look of [...waiting]) look();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const heard: OpenedPage["heard"] = (type, fits = () => true) =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = messages.find((one) => one.type === type && fits(one as never));
        if (!found) return;
        waiting.delete(look);
        resolve(found as never);
      };
      waiting.add(look);
      look();
    });
  return {
    socket,
    say: (message) => socket.send(JSON.stringify(message)),
    heard,
    news: async (fits) => (await heard("news", ({ news }) => fits(news))).news,
  };
}

/** How an attempt to open a socket ends: `open`, or the status it is refused with. */
export function attempt(port: number, path: string, headers: Record<string, string> = {}): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  return new Promise((resolve) => {
    socket.once("open", () => {
      resolve("open");
      socket.terminate();
    });
    socket.once("unexpected-response", (request, { statusCode }) => {
      resolve(String(statusCode));
      request.destroy();
    });
    socket.once("error", () => {});
  });
}
