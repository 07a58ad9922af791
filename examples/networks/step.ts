import type { Step as AnyStep } from "@reeve/example-telling";
import type { House } from "./house.ts";

/** One thing the example shows, and proves. */
export type Step = AnyStep<House>;
