import type { Transport } from "../../transport/transport.ts";

/** The part of a transport that beats are sent by. */
export type BeatLink = Pick<
  Transport,
  "caller" | "connected" | "denials" | "publish" | "subscribe" | "onLink" | "flush" | "maxPayloadBytes"
>;
