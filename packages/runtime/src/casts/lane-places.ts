import type { Database, Session } from "../store/index.ts";
import { type CastRow, castStore } from "./cast-store.ts";

/** Where one that joins a lane stands. */
export interface LanePlace {
  /** 0 where the lane is empty: then it is the first. */
  readonly place: number;
  /**
   * Who holds the last one before it, and so has to hold it as well; undefined where the lane is empty. It may be another than who
   * casts: a member that has taken the lane over. As all of a lane have one holder, whoever delivers one looks for the next itself:
   * nobody could tell another process that its turn has come.
   */
  readonly holder: Pick<CastRow, "holderManager" | "holderAddress" | "host"> | undefined;
}

export interface LanePlaces {
  /** The place after the last one. */
  next(session: Session, lane: string): Promise<LanePlace>;
  /** The place before it is free: the one after that is due. */
  advance(session: Session, lane: string, place: number): Promise<void>;
}

/**
 * Places in lanes. Read and taken in one transaction, which is isolated from those of others: whoever joins sees the one before it,
 * or that one, as it leaves, sees who has joined.
 */
export function lanePlaces(database: Database): LanePlaces {
  const within = (session: Session) => database.within(session, castStore);
  return {
    async next(session, lane) {
      const last = await within(session)
        .selectFrom("outbox")
        .select(["place", "holderManager", "holderAddress", "host"])
        .where("lane", "=", lane)
        .where("place", "is not", null)
        .orderBy("place", "desc")
        .limit(1)
        .executeTakeFirst();
      if (last?.place == null) return { place: 0, holder: undefined };
      const { place, ...holder } = last;
      return { place: place + 1, holder };
    },
    async advance(session, lane, place) {
      const after = await within(session)
        .selectFrom("outbox")
        .select("id")
        .where("lane", "=", lane)
        .where("place", ">", place)
        .orderBy("place")
        .limit(1)
        .executeTakeFirst();
      if (!after) return;
      const due = within(session).updateTable("outbox").set({ nextAt: 0 }).where("id", "=", after.id);
      await due.where("state", "=", "waiting").execute();
    },
  };
}
