import { defineDriver, driverPort, query } from "@reeve/driver-sdk";
import { z } from "zod";

export const leverPort = driverPort("lever", { version: "1.0", methods: { pull: query<string>() } });

/** A device that members of a cluster share, as the test sees it. */
export class Lever {
  readonly fenced: string[] = [];
  /** What fencing waits for, or fails with. */
  onFence: () => Promise<void> | void = () => {};

  driver(fences = true) {
    return defineDriver(leverPort, {
      name: "lever",
      options: z.object({}),
      setup: () => ({}),
      fences: () => fences,
      fence: async (_, { address, epoch }) => {
        await this.onFence();
        this.fenced.push(`${address} below ${epoch}`);
      },
      methods: { pull: () => "pulled" },
    })({});
  }
}
