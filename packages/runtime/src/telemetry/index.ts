export type { Counter, Counters, Labels } from "./counters.ts";
export { describeError } from "./describe-error.ts";
export { hidingLogger } from "./hiding-logger.ts";
export type { LogDestination } from "./log-destination.ts";
export type { Logger, LogLevel, LogMethod } from "./logger.ts";
export { logLevels } from "./logger.ts";
export { createLogging, type Logging, type LoggingOptions } from "./logging.ts";
export { type Count, type MemoryCounters, memoryCounters } from "./memory-counters.ts";
export type {
  Ending,
  Observation,
  ObservedCall,
  ObservedDriverCall,
  ObservedRun,
  ObservedStep,
  ObservedTransaction,
  ObservedWork,
  Observer,
} from "./observer.ts";
export { isTraceparent, ManagerObserving, type Observed, Observing } from "./observing.ts";
export { type RecordedLine, type RecordingLogger, recordingLogger } from "./recording-logger.ts";
export { silentLogger } from "./silent-logger.ts";
