import type { WorkUnderWay } from "@reeve/runtime";
import type { InspectionPanel, PanelRow, PanelTable, PanelTotal } from "@reeve/runtime/inspection";
import { volumes } from "./contract.ts";
import { createdAt } from "./created-at.ts";
import type { VolumeHandles } from "./handles.ts";
import { homeOf } from "./home.ts";
import type { VolumeRow } from "./store.ts";
import { stuckBecause } from "./stuck.ts";

/** Of those in work, in error, available, and held by nobody each. */
const mostVolumes = 200;
const resting: readonly VolumeRow["status"][] = ["available", "error"];
/** What needs a person comes first, of every host. */
const ranks = { stuck: -2, error: -1, inWork: 0, available: 1 } as const;

const columns: PanelTable["columns"] = [
  { id: "id", label: "Volume" },
  { id: "name", label: "Name" },
  { id: "status", label: "Status", kind: "state" },
  { id: "since", label: "For", kind: "age" },
  { id: "why", label: "Work, or what is wrong", kind: "reason" },
  { id: "size", label: "GiB", kind: "number" },
  { id: "tenant", label: "Tenant" },
  { id: "manager", label: "Manager", kind: "manager" },
  { id: "created", label: "Created", kind: "age" },
];

interface PanelHandles extends Pick<VolumeHandles, "store" | "clock" | "address" | "cluster"> {
  readonly work: Pick<VolumeHandles["work"], "underWay">;
}

/**
 * The volumes of one backend, and those that nobody holds: what is stuck, then what is in error, then what is in work, then the
 * newest of the others; and how many there are of each status.
 */
export function volumePanel(handles: PanelHandles): InspectionPanel {
  return {
    id: "volumes",
    title: "Volumes",
    empty: "There are no volumes.",
    async read() {
      const counts = await countsOf(handles);
      // Looking for a few among many is not cheap: only for what there is.
      const some = await Promise.all([
        ...(counts.some(isInWork) ? [held(handles).where("status", "not in", resting).orderBy("id").execute()] : []),
        ...(["error", "available"] as const).flatMap((status) => {
          if (!counts.some((count) => count.status === status)) return [];
          return [held(handles).where("status", "=", status).orderBy("id", "desc").execute()];
        }),
        all(handles).where("host", "is", null).orderBy("id").execute(),
      ]);
      const first = some.flat();
      const underWay = await handles.work.underWay(first.filter(isInWork).map(({ id }) => id));
      const found = await unlessMoved(first, underWay, handles);
      const rows = found.map((row) => panelRow(row, underWay.get(row.id), handles));
      return { columns, rows, totals: counts.map((count) => totalOf(count, found, underWay)) };
    },
  };
}

function all({ store }: PanelHandles) {
  return store.selectFrom("volumes").selectAll().limit(mostVolumes);
}

function held(handles: PanelHandles) {
  return all(handles).where("host", "=", homeOf(handles));
}

/** Work that ends between the two readings is not in the second, and its volume would look stuck: such volumes are read once more. */
async function unlessMoved(
  found: readonly VolumeRow[],
  underWay: ReadonlyMap<string, WorkUnderWay>,
  { store }: PanelHandles,
): Promise<readonly VolumeRow[]> {
  const missing = new Set(found.filter((row) => isInWork(row) && !underWay.has(row.id)).map(({ id }) => id));
  if (missing.size === 0) return found;
  const again = await store
    .selectFrom("volumes")
    .selectAll()
    .where("id", "in", [...missing])
    .execute();
  const rows = new Map(again.map((row) => [row.id, row]));
  return found.flatMap((row) => {
    if (!missing.has(row.id)) return row;
    const now = rows.get(row.id);
    // One that other work has begun on is told of at the next look.
    return now && (now.status === row.status || !isInWork(now)) ? now : [];
  });
}

interface Count {
  readonly host: string | null;
  readonly status: VolumeRow["status"];
  readonly count: number;
  /** The id of the first that was created. */
  readonly first: string;
}

async function countsOf(handles: PanelHandles): Promise<readonly Count[]> {
  const counted = handles.store
    .selectFrom("volumes")
    .select((sql) => ["host", "status", sql.fn.countAll<number>().as("count"), sql.fn.min("id").as("first")])
    .groupBy(["host", "status"]);
  const [here, nowhere] = await Promise.all([
    counted.where("host", "=", homeOf(handles)).execute(),
    counted.where("host", "is", null).execute(),
  ]);
  return [...here, ...nowhere].map(({ count, ...rest }) => ({ ...rest, count: Number(count) }));
}

/** By the first of them as well: nobody's in two databases are not the same. */
function totalOf(
  { host, status, count, first }: Count,
  found: readonly VolumeRow[],
  underWay: ReadonlyMap<string, WorkUnderWay>,
): PanelTotal {
  const begun = found.flatMap((row) => {
    const work = row.status === status && row.host === host ? underWay.get(row.id) : undefined;
    return work ? [work.begunAt.getTime()] : [];
  });
  const since = resting.includes(status) ? createdAt(first) : begun.length > 0 ? Math.min(...begun) : undefined;
  return { id: `${host} ${status} ${first}`, state: status, count, ...(since !== undefined && { since }) };
}

function isInWork({ status }: Pick<VolumeRow, "status">): boolean {
  return !resting.includes(status);
}

function panelRow(row: VolumeRow, work: WorkUnderWay | undefined, handles: PanelHandles): PanelRow {
  const { id, name, status, sizeGiB, tenant, fault } = row;
  const stuck = isInWork(row) ? stuckBecause(work, handles.clock.wallNow()) : undefined;
  const why = fault ? `${fault.reason}: ${fault.message}` : (stuck ?? work?.kind ?? null);
  const rank = stuck !== undefined ? "stuck" : isInWork(row) ? "inWork" : status === "error" ? "error" : "available";
  return {
    id,
    rank: ranks[rank],
    cells: {
      ...{ id, name, why, size: sizeGiB, tenant },
      status: stuck === undefined ? status : `stuck.${status}`,
      since: work?.begunAt.getTime() ?? null,
      manager: `${volumes.name}/${handles.address}`,
      created: createdAt(id) ?? null,
    },
  };
}
