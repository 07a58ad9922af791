export type { Counters } from "./counters.ts";
export { hidingLogger } from "./hiding-logger.ts";
export type { Logger, LogLevel } from "./logger.ts";
export { createLogging, type Logging, type LoggingOptions } from "./logging.ts";
export { type Count, memoryCounters } from "./memory-counters.ts";
export type { Observer } from "./observer.ts";
export { ManagerObserving, Observing } from "./observing.ts";
export { type RecordedLine, type RecordingLogger, recordingLogger } from "./recording-logger.ts";
export { silentLogger } from "./silent-logger.ts";
