export { type Clock, systemClock, type Timer } from "../base/clock.ts";
export type { Random } from "../base/random.ts";
export { type AlarmKind, Alarms, type TransportAlarm } from "./alarm.ts";
export { anonymous } from "./anonymous.ts";
export { alike, type Denial, Denials } from "./denials.ts";
export type { InProcessClientOptions, InProcessHub, InProcessOptions } from "./in-process/in-process.ts";
export { LinkState } from "./link-state.ts";
export { checkHeaders, checkPayload, headersBytes } from "./payload.ts";
export { Receiver } from "./receiver.ts";
export { linkLost, transportClosed } from "./refusals.ts";
export { checkPattern, checkSubject, checkToken } from "./subject.ts";
export type { ThreadTransport } from "./thread-transport.ts";
export type {
  Message,
  MessageHandler,
  PublishOptions,
  SubscribeOptions,
  Subscription,
  Transport,
} from "./transport.ts";
