import type { Transport } from "../transport/transport.ts";

/** The part of a transport that capabilities travel by. */
export type CapabilityLink = Pick<Transport, "publish" | "subscribe" | "onLink" | "maxPayloadBytes">;
