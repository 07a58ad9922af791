export {
  type DriverDefinition,
  type DriverFactory,
  defineDriver,
  type Implementation,
} from "./define-driver.ts";
export type { BoundMethods, Driver, DriverSession } from "./driver.ts";
export type {
  DriverCall,
  DriverLog,
  DriverOwner,
  Fenced,
  Progress,
  SetupContext,
  TransferCall,
} from "./driver-call.ts";
export type { ClientMethod, DriverCallOptions, DriverClient, TransferOptions } from "./driver-client.ts";
export { DriverError, type DriverErrorOptions } from "./driver-error.ts";
export { type AnyDriverPort, type DriverPort, driverPort, type MethodTable, type PortOptions } from "./driver-port.ts";
export { type Method, type MethodKind, type MethodOptions, method, query, streaming, transfer } from "./method.ts";
