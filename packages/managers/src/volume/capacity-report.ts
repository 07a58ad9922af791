import type { VolumeHandles } from "./handles.ts";
import { type HeldHere, heldHere, madeBetween, namedOf } from "./held-here.ts";
import { Throttle } from "./throttle.ts";

/** An answer that waits until the schedulers were told waits no longer than this: measuring may hang. */
const toldWithinMs = 250;

/** Measures the backend and tells the schedulers. One measurement at a time: who asks during one shares the next. */
export class CapacityReport {
  readonly #handles: VolumeHandles;
  readonly #unconfirmed: () => readonly string[];
  readonly #throttle: Throttle;
  #running: Promise<void> | undefined;
  #stale = false;
  #next: Promise<void> | undefined;
  #changes: Promise<void> | undefined;
  /** What images promise beyond what is held here, as of the last time when nothing was being worked on. */
  #foreignBytes: number | undefined;

  /** Reports name what is in the making, what is unconfirmed, and the newest. */
  constructor(handles: VolumeHandles, unconfirmed: () => readonly string[]) {
    this.#handles = handles;
    this.#unconfirmed = unconfirmed;
    this.#throttle = new Throttle(handles.clock);
  }

  /** Resolves when a measurement that began after the call has been given on. */
  update(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#measure().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.update();
      });
    return this.#next;
  }

  /** Whether something has changed that no measurement shows yet. */
  get stale(): boolean {
    return this.#stale;
  }

  /**
   * Something has changed: it is measured and told at once. Measuring takes a look at every image, so a burst of changes is
   * measured ten times a second at most, the last of them always. Resolves when it was told, or when it could not be: then
   * it stays {@link stale}. Never rejects.
   */
  changed(): Promise<void> {
    this.#stale = true;
    this.#changes ??= this.#throttle.turn().then(() => {
      this.#changes = undefined;
      return this.#tell();
    });
    return this.#changes;
  }

  /** As {@link changed}, but waits for it only briefly: who is answered then finds the room that came free. */
  async told(): Promise<void> {
    const { clock } = this.#handles;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = clock.setTimeout(resolve, toldWithinMs);
    await Promise.race([this.changed(), late]);
    clock.clearTimeout(timer);
  }

  async #tell(): Promise<void> {
    const { capabilities, log } = this.#handles;
    try {
      await this.update();
      await capabilities.tell();
    } catch (err) {
      log.debug({ err }, "the capacity could not be measured; it is tried again");
    }
  }

  async #measure(): Promise<void> {
    const { capabilities } = this.#handles;
    this.#stale = false;
    try {
      await capabilities.measure(() => this.#read());
    } catch (error) {
      this.#stale = true;
      throw error;
    }
  }

  async #read() {
    const { driver, config } = this.#handles;
    const unconfirmed = this.#unconfirmed();
    const before = await heldHere(this.#handles);
    const measured = await driver.stats();
    const after = await heldHere(this.#handles);
    const { overcommitRatio, reservedPercent, availabilityZone, labels } = config.current;
    return {
      ...measured,
      allocatedBytes: after.allocatedBytes,
      unwrittenBytes: this.#unwritten(before, after, measured.provisionedBytes),
      volumes: after.volumes,
      placed: namedOf(before, after, unconfirmed),
      reservedBytes: Math.ceil((measured.totalBytes * reservedPercent) / 100),
      overcommitRatio,
      availabilityZone,
      labels,
    };
  }

  /**
   * What is promised and not certain to be among the images measured between `before` and `after`. Images nobody holds must
   * not pass for those in the making: what they amount to is known from when nothing was being made, and until then nothing
   * in the making is taken for written.
   */
  #unwritten(before: HeldHere, after: HeldHere, provisionedBytes: number): number {
    const settled = before.settled && after.settled && before.allocatedBytes === after.allocatedBytes;
    if (settled) this.#foreignBytes = provisionedBytes - after.allocatedBytes;
    let creatingBytes = after.creatingBytes;
    for (const [id, { bytes }] of after.byId) if (madeBetween(before, after, id)) creatingBytes += bytes;
    if (this.#foreignBytes === undefined) return creatingBytes;
    const written = provisionedBytes - (after.allocatedBytes - creatingBytes) - this.#foreignBytes;
    return creatingBytes - Math.min(creatingBytes, Math.max(0, written));
  }
}
