import { reeveError } from "@reeve/contract";
import type { TransactionHook } from "../store/index.ts";
import type { Incumbent } from "./registration.ts";
import type { RegistryQueries } from "./registry-queries.ts";

/** Refuses the write transactions of an incarnation once another one has registered at its address. */
export function fence({ shareEpoch }: RegistryQueries, incumbent: Incumbent, epoch: number): TransactionHook {
  return {
    async begin(session) {
      const [current] = await shareEpoch.run(session, incumbent);
      if (current?.epoch !== epoch) throw fenced(incumbent, epoch, current?.epoch);
    },
  };
}

function fenced({ manager, address }: Incumbent, epoch: number, current: number | undefined): Error {
  const found = current === undefined ? "its fence row is gone" : `the epoch is ${current}`;
  return reeveError(
    "FENCED",
    `${manager} at ${address}: this incarnation has epoch ${epoch}, but ${found}; it may not write any more`,
    { data: { epoch, successor: current } },
  );
}
