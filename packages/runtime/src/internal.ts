export { ManualClock } from "./base/manual-clock.ts";
export { seededRandom } from "./base/random.ts";
