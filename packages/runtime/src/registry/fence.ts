import { isReason, type ReeveError, reeveError } from "@reeve/contract";
import type { TransactionHook } from "../store/index.ts";
import type { FenceState, Incumbent } from "./registration.ts";
import type { RegistryQueries } from "./registry-queries.ts";

/** Refuses the write transactions of an incarnation once another one has registered at its address. */
export function fence({ shareEpoch }: RegistryQueries, incumbent: Incumbent, epoch: number): TransactionHook {
  return {
    begin: (session, onFenced) =>
      shareEpoch.later(session, incumbent, ([current]) => {
        if (current?.epoch === epoch) return;
        const error = fenced(incumbent, epoch, current);
        onFenced?.(error);
        throw error;
      }),
  };
}

/** The error of an incarnation that may write no more. */
export function fenced({ manager, address }: Incumbent, epoch: number, current: FenceState | undefined): ReeveError {
  const by = current?.raisedBy ?? undefined;
  const found = current === undefined ? "its fence row is gone" : `the epoch is ${current.epoch}`;
  const raised = by === undefined ? found : `${by} has raised the epoch to ${current?.epoch} to finish its work`;
  return reeveError(
    "FENCED",
    `${manager} at ${address}: this incarnation has epoch ${epoch}, but ${raised}; it may not write any more`,
    { data: { epoch, successor: current?.epoch, ...(by === undefined ? {} : { by }) } },
  );
}

/** Whether a peer has fenced it to finish its work: nobody else lives at its address, and it may begin anew. */
export function isFencedByPeer(error: unknown): boolean {
  return isReason(error, "FENCED") && (error.data as { readonly by?: unknown } | undefined)?.by !== undefined;
}
