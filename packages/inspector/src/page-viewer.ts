import { reeveError } from "@reeve/contract";
import { type HostNews, readInterest, readQuestion, refusalOf } from "@reeve/runtime/internal/inspection";
import type { Right } from "./access.ts";
import type { ChartCache } from "./chart/chart-cache.ts";
import type { Fleet, FleetSeat, FleetViewer, Hearing } from "./fleet.ts";
import { Outlet, type Socket } from "./outlet.ts";
import type { EndpointMessage } from "./page-protocol.ts";

/** How many answers one page may wait for. */
const mostQuestions = 32;

export interface PageViewerOptions {
  readonly socket: Socket;
  readonly right: Right;
  readonly fleet: Fleet;
  readonly charts: ChartCache;
  /** The host that serves the page. */
  readonly instance: string;
  readonly wallNow: () => number;
  /** Told what a person did, for the log. */
  readonly onAct: (action: { readonly action: string; readonly actor: string }) => void;
}

/** One page that is open somewhere. */
export class PageViewer implements FleetViewer {
  readonly #options: PageViewerOptions;
  readonly #outlet: Outlet;
  readonly #seat: FleetSeat;
  #questions = 0;

  constructor(options: PageViewerOptions) {
    const { socket, right, fleet, instance, wallNow } = options;
    this.#options = options;
    this.#outlet = new Outlet(socket, (missed) => {
      this.#say({ type: "missed", missed });
      queueMicrotask(() => this.#seat.tellAll());
    });
    this.#say({ type: "hello", instance, mayAct: right === "act", at: wallNow() });
    this.#seat = fleet.join(this);
  }

  leave(): void {
    this.#seat.leave();
  }

  news(news: HostNews): void {
    this.#say({ type: "news", news });
  }

  hearing(instance: string, hearing: Hearing): void {
    this.#say({ type: "hearing", instance, hearing });
  }

  /** What is no message is passed over. */
  heard(text: string): void {
    const message = parsed(text);
    if (message?.type === "want") this.#seat.want(readInterest(message));
    else if (typeof message?.number === "number") void this.#reply(message.number, message);
  }

  async #reply(number: number, message: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      this.#questions += 1;
      if (this.#questions > mostQuestions)
        throw reeveError("MAILBOX_FULL", "Too many questions at once; wait for answers", {
          data: { queued: mostQuestions, retryAfterMs: 1_000 },
        });
      if (message.type === "chart") await this.#draw(String(message.definition));
      this.#say({ type: "answer", number, value: message.type === "ask" ? await this.#ask(message) : null });
    } catch (error) {
      this.#say({ type: "refusal", number, ...refusalOf(error) });
    } finally {
      this.#questions -= 1;
    }
  }

  async #draw(key: string): Promise<void> {
    const definition = this.#options.fleet.definition(key);
    if (!definition) throw reeveError("INVALID_INPUT", `No host has a chart ${key}`);
    const drawing = await this.#options.charts.drawing(key, definition);
    this.#say({ type: "chart", definition: key, drawing });
  }

  async #ask({ instance, question: asked }: Readonly<Record<string, unknown>>): Promise<unknown> {
    const question = readQuestion(asked);
    if (!question || typeof instance !== "string") throw reeveError("INVALID_INPUT", "The question could not be read");
    if (question.ask !== "payload") {
      if (this.#options.right !== "act") {
        throw reeveError(
          "NOT_PERMITTED",
          `This token may look only; open the page with the other one to ${question.ask}`,
        );
      }
      this.#options.onAct({ action: question.ask, actor: question.id });
    }
    return this.#options.fleet.ask(instance, question);
  }

  #say(message: EndpointMessage): void {
    this.#outlet.send(JSON.stringify(message));
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
