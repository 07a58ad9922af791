/**
 * What a cell holds, for showing it well. `reason` may be long; `state` is coloured as a manager's state is; `time` and `age` are
 * milliseconds since 1970, shown as the time of the day, and as how long ago that was.
 */
export type CellKind = "text" | "number" | "time" | "age" | "state" | "manager" | "reason";

export interface PanelColumn {
  readonly id: string;
  readonly label: string;
  /** Default `text`. */
  readonly kind?: CellKind;
}

export interface PanelTable {
  readonly columns: readonly PanelColumn[];
  readonly rows: readonly PanelRow[];
  /** How many there are of each kind, whether or not they are among the rows. 20 are shown. Default: nothing is said of that. */
  readonly totals?: readonly PanelTotal[];
}

/** How many things there are in a state. Those that several hosts tell of one state are added up. */
export interface PanelTotal {
  /** Unique in the fleet: totals of one id that several hosts tell of are one. */
  readonly id: string;
  /** Coloured as a cell of the kind `state` is. */
  readonly state: string;
  readonly count: number;
  /** Since when the oldest of them is in it, in milliseconds since 1970. Default: not told. */
  readonly since?: number;
}

export interface PanelRow {
  /** Unique in the fleet: rows of one id that several hosts show are one. */
  readonly id: string;
  readonly cells: Readonly<Record<string, string | number | boolean | null>>;
  /** Rows of a lower one come first, whichever host tells of them: what needs a person has one below 0. Default 0. */
  readonly rank?: number;
  /** Shown when the row is opened: why a host was chosen, what a capability report holds. Those of the first rows, as far as there is room. */
  readonly detail?: PanelTable | Readonly<Record<string, unknown>>;
}

/**
 * A table that a host shows beside its managers: capabilities, placements, crashed work. The page draws any of them, so a
 * new one needs no change there. Panels of one id from several hosts are shown as one.
 */
export interface InspectionPanel {
  readonly id: string;
  readonly title: string;
  /** What an empty table means. */
  readonly empty?: string;
  /**
   * The rows that matter most first, as many as are worth reading; 200 are shown. Asked about once a second while somebody looks at the
   * panel, never twice at a time, and after one that took long less often: it may have a twentieth of the time. An answer that comes
   * later is shown a second later; one that does not come within 2 s says so.
   */
  read(): PanelTable | Promise<PanelTable>;
}
