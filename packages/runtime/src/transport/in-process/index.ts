export { type InProcessClientOptions, type InProcessHub, type InProcessOptions, inProcess } from "./hub.ts";
