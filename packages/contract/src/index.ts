export { catalogue, type Reason } from "./catalogue.ts";
export { type Code, codes } from "./code.ts";
export { type Duration, durationMs } from "./duration.ts";
export type { Outcome } from "./outcome.ts";
export { ReeveError, type ReeveErrorJson, type ReeveErrorOptions, reeveError } from "./reeve-error.ts";
export { isCompatible, type ParsedVersion, parseVersion, type Version } from "./version.ts";
