export { ManualClock } from "./base/manual-clock.ts";
export { seededRandom } from "./base/random.ts";
export { openThreadTransport } from "./transport/open-thread-transport.ts";
