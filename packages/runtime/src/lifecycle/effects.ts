/** What the lifecycle makes happen. Each is awaited; its signal aborts when its state is left early. */
export interface LifecycleEffects {
  /** Migrates the store, registers, sets the driver up (for `driverPatience` at most) and runs the manager's `setup`. */
  boot(signal: AbortSignal): Promise<void>;
  /** Recovers what a crash left, then runs `initHost`. Run again when the driver fails it, never beside itself. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Opens the endpoints and runs `initHostWithRpc`. */
  warmUp(signal: AbortSignal): Promise<void>;
  /** Reads the config again, drops version pins, rebuilds clients, runs the manager's `reset`. */
  reset(signal: AbortSignal): Promise<void>;
  /** Withdraws, closes the endpoints, awaits what is in flight and lets go of everything. */
  drain(signal: AbortSignal): Promise<void>;
  /** Spreads the retries of a preparation over the upper half of their pauses. Default: none is spread. */
  random?(): number;
}
