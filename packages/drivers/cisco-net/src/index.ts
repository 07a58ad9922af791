export { type CiscoNetParts, ciscoNet, ciscoNetWith } from "./cisco-net.ts";
export type { DeviceClock } from "./clock.ts";
export type { HttpsTarget } from "./nxapi/https-link.ts";
export { httpsLink } from "./nxapi/https-link.ts";
export { type Link, type LinkAnswer, LinkError, type LinkRequest } from "./nxapi/link.ts";
export { CiscoNetOptions } from "./options.ts";
