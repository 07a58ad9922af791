export {
  addressPattern,
  formatAddress,
  isAddress,
  namePattern,
  readAddress,
  readName,
} from "./address.ts";
export {
  type Config,
  type ConfigSource,
  type LastGood,
  openConfig,
  refusalOf,
} from "./config-source.ts";
export { readDuration } from "./duration.ts";
export { briefly, hiderOf, hideSecrets } from "./hide-secrets.ts";
export { readInteger } from "./integer.ts";
export { knownKeys, shown } from "./option-keys.ts";
export { requirePort } from "./port.ts";
