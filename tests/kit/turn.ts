/** Some turns of the event loop: what is queued, and what that queues, is done by then. Nothing that a disk or a socket does is. */
export async function turns(count = 1): Promise<void> {
  for (let passed = 0; passed < count; passed++) await new Promise((resolve) => setImmediate(resolve));
}
