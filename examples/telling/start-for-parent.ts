/** What it needs of a supervisor. */
interface Startable {
  handleSignals(): void;
  start(): Promise<void>;
  stop(): Promise<unknown>;
}

/** Starts the supervisor of a process that does not outlive the one that started it; resolves when it serves. */
export async function startForParent(supervisor: Startable): Promise<void> {
  supervisor.handleSignals();
  await supervisor.start();
  process.stdin
    .once("end", () => void supervisor.stop())
    .resume()
    .unref();
}
