export { type InProcessClientOptions, type InProcessHub, type InProcessOptions, inProcess } from "./in-process.ts";
