export { type Address, formatAddress, isAddress, isName, readAddress, readName } from "./address.ts";
export {
  type Config,
  type ConfigOptions,
  type ConfigSource,
  type LastGood,
  openConfig,
  refusalOf,
} from "./config-source.ts";
export { type DurationBounds, readDuration } from "./duration.ts";
export { type IntegerBounds, readInteger } from "./integer.ts";
export { knownKeys, shown } from "./option-keys.ts";
export { requirePort } from "./port.ts";
export { briefly } from "./untold.ts";
