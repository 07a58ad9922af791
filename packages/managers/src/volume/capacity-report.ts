import type { VolumeHandles } from "./handles.ts";

const gibibyte = 2 ** 30;

/** Measures the backend and tells the schedulers. One measurement at a time: who asks during one shares the next. */
export class CapacityReport {
  readonly #handles: VolumeHandles;
  #running: Promise<void> | undefined;
  #stale = false;
  #next: Promise<void> | undefined;

  constructor(handles: VolumeHandles) {
    this.#handles = handles;
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

  /** Whether something has changed since the last measurement began. */
  get stale(): boolean {
    return this.#stale;
  }

  /** Something has changed. Measuring takes a look at every image, so it is not done for each change. */
  changed(): void {
    this.#stale = true;
  }

  async #measure(): Promise<void> {
    const { driver, capabilities, config } = this.#handles;
    this.#stale = false;
    const [measured, held] = await Promise.all([driver.stats(), this.#held()]);
    const { overcommitRatio, reservedPercent, availabilityZone, labels } = config.current;
    capabilities.update({
      ...measured,
      ...held,
      reservedBytes: Math.ceil((measured.totalBytes * reservedPercent) / 100),
      overcommitRatio,
      availabilityZone,
      labels,
    });
  }

  async #held() {
    const { store, address } = this.#handles;
    const volumes = await store
      .selectFrom("volumes")
      .select((sql) => [sql.fn.countAll<number>().as("count"), sql.fn.sum<number | null>("promisedGiB").as("promised")])
      .where("host", "=", address)
      .executeTakeFirstOrThrow();
    const snapshots = await store
      .selectFrom("snapshots")
      .innerJoin("volumes", "volumes.id", "snapshots.volumeId")
      .select((sql) => sql.fn.sum<number | null>("snapshots.sizeGiB").as("promised"))
      .where("volumes.host", "=", address)
      .executeTakeFirstOrThrow();
    return {
      volumes: Number(volumes.count),
      allocatedBytes: (Number(volumes.promised ?? 0) + Number(snapshots.promised ?? 0)) * gibibyte,
    };
  }
}
