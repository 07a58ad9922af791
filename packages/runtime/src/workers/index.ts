export type { Workers } from "./workers.ts";
