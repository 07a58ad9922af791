import type { HostNews, Interest } from "@reeve/runtime/internal/inspection";
import type { ChartDrawing } from "./chart/drawing.ts";
import type { Hearing } from "./hearing.ts";

/** What the endpoint tells the page, one JSON text each. */
export type EndpointMessage =
  | {
      readonly type: "hello";
      /** The host that serves the page. */
      readonly instance: string;
      readonly mayAct: boolean;
      /** Its clock, in milliseconds since 1970: ages are reckoned from it. */
      readonly at: number;
    }
  | { readonly type: "news"; readonly news: HostNews }
  /** `null` when the host is to be forgotten. A host that was only told of is current. */
  | { readonly type: "hearing"; readonly instance: string; readonly host: string; readonly hearing: Hearing | null }
  | { readonly type: "chart"; readonly definition: string; readonly drawing: ChartDrawing }
  | { readonly type: "answer"; readonly number: number; readonly value: unknown }
  | { readonly type: "refusal"; readonly number: number; readonly reason: string; readonly message: string }
  /** There was more to tell than the viewer could take: this many messages between managers were left out. */
  | { readonly type: "missed"; readonly missed: number };

/** What the page says. */
export type PageMessage =
  | ({ readonly type: "want" } & Interest)
  | { readonly type: "chart"; readonly number: number; readonly definition: string }
  /** Forgets a host that is lost or has stopped, for all pages. */
  | { readonly type: "dismiss"; readonly number: number; readonly instance: string }
  /** Calls an operation of the `host` contract on that host, with the rights of the page's token. */
  | {
      readonly type: "call";
      readonly number: number;
      readonly instance: string;
      readonly operation: string;
      readonly input: unknown;
    };
