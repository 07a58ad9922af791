import type { ReeveErrorJson } from "@reeve/contract";

/** A call that a caller is to make. */
export interface Order {
  readonly id: number;
  readonly contract: "volume" | "scheduler" | "board";
  readonly operation: string;
  readonly at?: string | undefined;
  readonly input: unknown;
  readonly options?: { readonly timeout?: string; readonly idempotencyKey?: string } | undefined;
}

/** How it ended. */
export interface Answered {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: ReeveErrorJson | { readonly message: string };
}
