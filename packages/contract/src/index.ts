export { catalogue, type Reason, type ReasonData } from "./catalogue.ts";
export { type Code, codes } from "./code.ts";
export type { DeclaredError } from "./compiled-operation.ts";
export {
  type Access,
  type AnyContract,
  type Contract,
  type ContractOptions,
  contract,
  type OperationsOf,
} from "./contract.ts";
export { type Duration, durationMs } from "./duration.ts";
export { isError } from "./is-error.ts";
export { isReason } from "./is-reason.ts";
export {
  type AnyOperation,
  type CallOperation,
  type CastOperation,
  call,
  cast,
  type ErrorData,
  type ErrorSpec,
  type ErrorSpecs,
  type Route,
  type StreamOperation,
  stream,
} from "./operation.ts";
export type { Outcome } from "./outcome.ts";
export {
  type Page,
  type PagedOperation,
  type PagedOptions,
  type PageQuery,
  type PageRequest,
  type PageRequestSchema,
  type PageSchema,
  paged,
} from "./paged.ts";
export {
  type ReasonError,
  ReeveError,
  type ReeveErrorJson,
  reeveError,
} from "./reeve-error.ts";
export type { AddressedRef, Answer, CallOptions, DurableCastOptions, PagedMethod, ProgressStream, Ref } from "./ref.ts";
export type { Input, Issue, Output, Schema } from "./schema.ts";
export { secret } from "./secret.ts";
export type { Version } from "./version.ts";
