export type { LabRun } from "./kernel-process.ts";
export { type LabKernel, type LabRunOptions, labKernel } from "./lab-kernel.ts";
