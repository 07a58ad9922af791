import { setTimeout } from "node:timers/promises";
import { isReason } from "@reeve/contract";
import type { House } from "./house.ts";

const pauseMs = 400;

/** Something to look at while the demo stays: volumes come, are looked at and go, until the host takes no calls any more. */
export async function keepBusy({ volume }: Pick<House, "volume">): Promise<void> {
  for (let round = 1; ; round++) {
    try {
      const { id } = await volume.create({ name: `visitor-${round}`, sizeGiB: 1 });
      for (const act of [() => volume.get({ id }), () => volume.list({}), () => volume.delete({ id })]) {
        await setTimeout(pauseMs, undefined, { ref: false });
        await act();
      }
    } catch (error) {
      if (isReason(error, "NOT_SERVING") || isReason(error, "NO_RESPONDERS")) return;
      // A quota that somebody lowered, a driver that somebody pulled: on the page.
      await setTimeout(10 * pauseMs, undefined, { ref: false });
    }
  }
}
