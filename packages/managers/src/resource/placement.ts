import type { Input } from "@reeve/contract";
import type { Context } from "@reeve/runtime";
import { type PlaceRequest, scheduler } from "../scheduler/contract.ts";

/** What a scheduler is asked to place: `request` is the id of the resource, `manager` the name of the contract of those who build it. */
export type Placement = Omit<Input<typeof PlaceRequest>, "exclude">;

/**
 * Asks the scheduler where a resource is to go, none of the addresses where it failed. It keeps the room free there.
 *
 * @param timeoutMs how long it may wait for news of hosts. Default: as the scheduler's `place` has it
 * @throws ReeveError `NO_HOST`, `NO_NEWS` of the scheduler
 */
export function place(
  ctx: Pick<Context, "ref">,
  placement: Placement,
  exclude: readonly string[],
  timeoutMs?: number,
): Promise<string> {
  const options = timeoutMs === undefined ? {} : { timeout: timeoutMs };
  return ctx.ref(scheduler).place({ ...placement, exclude: [...exclude] }, options);
}

/** Gives a place back: the resource will not be there. Nobody waits for the answer; a reservation ends by itself. */
export function releasePlace(ctx: Pick<Context, "ref" | "log">, id: string): void {
  const released = ctx.ref(scheduler).release({ request: id });
  released.catch((err: unknown) => ctx.log.debug({ id, err }, "the placement could not be released"));
}
