export { inProcess } from "./in-process.ts";
