import type { AttachedDriver, DriverCounters } from "../driver/index.ts";
import type { Periodic, TaskReport } from "../periodic/index.ts";
import type { HeldWork, WorkJournal } from "../recovery/index.ts";

/** What is shown of a life to whoever asks for it in full. */
export interface LifeDetails {
  /** What its `inspect` shows. */
  readonly own: unknown;
  /** By name of the task. */
  readonly periodic: Readonly<Record<string, TaskReport>>;
  /** Absent where it has none. */
  readonly driver: DriverView | undefined;
  /** Its work journal; absent where it has no store. */
  readonly work: { readonly running: number; readonly held: readonly HeldWork[] } | undefined;
}

/** A driver, as it is shown. */
export interface DriverView extends Pick<AttachedDriver<any>, "name" | "version" | "state" | "since" | "healthy"> {
  /** Why it is not healthy. */
  readonly cause: string | undefined;
  /** What calls wait for in it now, as `driver: method`, the oldest first. */
  readonly waitedFor: readonly string[];
  readonly counters: DriverCounters;
}

type ViewedDriver = Pick<AttachedDriver<any>, keyof DriverView>;

interface Described {
  readonly own: unknown;
  readonly periodic: Periodic | undefined;
  readonly driver: ViewedDriver | undefined;
  readonly journal: Pick<WorkJournal, "inFlight" | "held"> | undefined;
}

export function detailsOf({ own, periodic, driver, journal }: Described): LifeDetails {
  return {
    own,
    periodic: periodic?.report() ?? {},
    driver: driver && driverView(driver),
    work: journal && { running: journal.inFlight, held: journal.held() },
  };
}

export function driverView(driver: ViewedDriver): DriverView {
  const { name, version, state, since, healthy, cause } = driver;
  const shown = { name, version, state, since, healthy, cause: cause?.message };
  return { ...shown, waitedFor: driver.waitedFor(), counters: driver.counters() };
}
