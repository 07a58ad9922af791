export type { PeerSource } from "./peers.ts";
export { type LeftWork, type LinkView, type MemberLeases, Takeover } from "./takeover.ts";
