export { type LabKernel, type LabRun, type LabRunOptions, labKernel } from "./lab-kernel.ts";
