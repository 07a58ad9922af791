/** Counts nothing. */
export class OperationTally {
  readonly requests = 0;
  readonly errors = 0;
  readonly lastError = "";
  readonly processingMs = 0;
  ended(): void {}
}
