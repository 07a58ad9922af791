import { ReeveError, reeveError } from "@reeve/contract";
import { type HostNews, readInterest } from "@reeve/runtime/internal/inspection";
import type { Right } from "./access.ts";
import type { ChartCache } from "./chart/chart-cache.ts";
import type { Fleet, FleetSeat, FleetViewer } from "./fleet.ts";
import type { Hearing } from "./hearing.ts";
import type { HostCalls } from "./host-calls.ts";
import { NewsOutlet, type NewsSocket } from "./news-outlet.ts";

/** How many answers one page may wait for. */
const mostQuestions = 32;
/** A page that asks and does not read gets no further refusals. */
const mostUnread = 256;

export interface PageViewerOptions {
  readonly socket: NewsSocket;
  readonly right: Right;
  readonly fleet: Fleet;
  readonly charts: ChartCache;
  /** The host that serves the page. */
  readonly instance: string;
  readonly wallNow: () => number;
  /** Calls an operation of the `host` contract, for the person. */
  readonly call: HostCalls;
}

/** One page that is open somewhere. */
export class PageViewer implements FleetViewer {
  readonly #options: PageViewerOptions;
  readonly #outlet: NewsOutlet;
  readonly #seat: FleetSeat;
  #questions = 0;

  constructor(options: PageViewerOptions) {
    const { socket, right, fleet, instance, wallNow } = options;
    this.#options = options;
    this.#outlet = new NewsOutlet({ socket, wallNow, hostOf: (instance) => fleet.host(instance) });
    this.#outlet.say({ type: "hello", instance, mayAct: right === "act", at: wallNow() });
    this.#seat = fleet.join(this);
    // It sorts them by their time.
    this.#seat.tellRecent();
  }

  leave(): void {
    this.#seat.leave();
  }

  news(news: HostNews): void {
    this.#outlet.news(news);
  }

  hearing(instance: string, host: string, hearing: Hearing | undefined): void {
    this.#outlet.hearing(instance, host, hearing);
  }

  /** Anything but a message is ignored. */
  heard(text: string): void {
    const message = parsed(text);
    if (message?.type === "want") this.#seat.want(readInterest(message));
    else if (typeof message?.number === "number" && this.#questions < mostUnread)
      void this.#reply(message.number, message);
  }

  /** A question is open until its answer has left. */
  async #reply(number: number, message: Readonly<Record<string, unknown>>): Promise<void> {
    const written = (): void => {
      this.#questions -= 1;
    };
    try {
      this.#questions += 1;
      if (this.#questions > mostQuestions)
        throw reeveError("MAILBOX_FULL", "Too many questions at once; wait for answers", {
          data: { queued: mostQuestions, retryAfterMs: 1_000 },
        });
      if (message.type === "chart") await this.#draw(String(message.definition));
      if (message.type === "dismiss") this.#dismiss(String(message.instance));
      const value = message.type === "call" ? await this.#call(message) : null;
      this.#outlet.say({ type: "answer", number, value }, written);
    } catch (error) {
      this.#outlet.say({ type: "refusal", number, ...refusalOf(error) }, written);
    }
  }

  async #draw(key: string): Promise<void> {
    const definition = this.#options.fleet.definition(key);
    if (!definition) throw reeveError("INVALID_INPUT", `No host has a chart ${key}`);
    const drawing = await this.#options.charts.drawing(key, definition);
    this.#outlet.say({ type: "chart", definition: key, drawing });
  }

  #dismiss(instance: string): void {
    const { right, fleet } = this.#options;
    if (right !== "act") throw reeveError("NOT_PERMITTED", "This token may look, not act");
    fleet.dismiss(instance);
  }

  async #call({ instance, operation, input }: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (typeof instance !== "string" || typeof operation !== "string")
      throw reeveError("INVALID_INPUT", "expected instance and operation");
    const { fleet, right, call } = this.#options;
    const host = fleet.hostOf(instance);
    if (host === undefined) throw reeveError("NO_RESPONDERS", "That host is gone, or was started anew; look again");
    return (await call(right, host, operation, input)) ?? null;
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

/** What a person may read of an error. */
function refusalOf(error: unknown): { readonly reason: string; readonly message: string } {
  if (error instanceof ReeveError) return { reason: error.reason, message: told(error) };
  return { reason: "UNDECLARED", message: error instanceof Error ? error.message : String(error) };
}

/** What failed is in the data of what the contract declares. */
function told({ message, data }: ReeveError): string {
  const { message: why, failures } = (data ?? {}) as { readonly message?: unknown; readonly failures?: unknown };
  if (typeof why === "string") return why;
  if (!Array.isArray(failures)) return message;
  return failures.map((failure: { readonly message?: unknown }) => String(failure?.message)).join("; ");
}
