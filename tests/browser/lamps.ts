import { call, contract } from "@reeve/contract";
import { defineManager } from "@reeve/runtime";
import { z } from "zod";

export const lamps = contract("lamp", "1.0", {
  on: call({ input: z.object({ room: z.string() }), output: z.object({ room: z.string() }) }),
});

export const lampManager = defineManager({
  contract: lamps,
  setup: () => ({ operations: { on: ({ room }) => ({ room }) } }),
});
