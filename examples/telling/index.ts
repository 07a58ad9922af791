export { complaintsIn } from "./complaints.ts";
export { formatGiB, formatMs, messageOf } from "./format.ts";
export { OwnProcess } from "./own-process.ts";
export { runSteps, type StepReport } from "./run-steps.ts";
export { startForParent } from "./start-for-parent.ts";
export { check, type Step, until } from "./step.ts";
export { silent, type Teller } from "./teller.ts";
export { terminal } from "./terminal.ts";
