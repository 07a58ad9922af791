export { type Clock, systemClock, type Timer } from "./base/clock.ts";
export { ManualClock } from "./base/manual-clock.ts";
export { type Random, seededRandom } from "./base/random.ts";
export type { AlarmKind, TransportAlarm } from "./transport/alarm.ts";
export {
  type InProcessClientOptions,
  type InProcessHub,
  type InProcessOptions,
  inProcess,
} from "./transport/in-process/index.ts";
export type {
  Message,
  MessageHandler,
  PublishOptions,
  SubscribeOptions,
  Subscription,
  Transport,
} from "./transport/transport.ts";
