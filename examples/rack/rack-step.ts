import type { Step } from "@reeve/example-telling";
import type { Rack } from "./rack.ts";

export type RackStep = Step<Rack>;
