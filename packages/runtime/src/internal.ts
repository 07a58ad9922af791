export { ManualClock } from "./base/manual-clock.ts";
export { seededRandom } from "./base/random.ts";
export { Database } from "./store/database.ts";
export { OpenStore } from "./store/open-store.ts";
export { StoreHealth } from "./store/store-health.ts";
export { openThreadTransport } from "./transport/open-thread-transport.ts";
