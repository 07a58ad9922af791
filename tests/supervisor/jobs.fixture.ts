import { call, contract } from "@reeve/contract";
import { z } from "zod";

export const jobs = contract("jobs", "1.0", { work: call({ input: z.object({ n: z.number() }), output: z.number() }) });
