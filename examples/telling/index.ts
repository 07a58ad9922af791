export { formatGiB, formatMs, messageOf } from "./format.ts";
export { runSteps, type StepReport } from "./run-steps.ts";
export { check, type Step, until } from "./step.ts";
export { silent, type Teller } from "./teller.ts";
export { terminal } from "./terminal.ts";
