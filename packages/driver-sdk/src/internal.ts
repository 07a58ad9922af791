// What Reeve's own packages are made of. It changes with any release.
export { isDriver } from "./driver.ts";
export { fromDriver, type ThrownIn } from "./driver-error.ts";
export { type DriverFailure, driverFailureOf, isDriverFailure, markDriverFailure } from "./driver-failure.ts";
export { requireDriverOf } from "./require-driver.ts";
