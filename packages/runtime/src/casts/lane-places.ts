import type { Database, Session } from "../store/index.ts";
import { castStore } from "./cast-store.ts";

export interface LanePlaces {
  /** The place after the last one; 0 where the lane is empty: then it is the first. */
  next(session: Session, lane: string): Promise<number>;
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
        .select("place")
        .where("lane", "=", lane)
        .where("place", "is not", null)
        .orderBy("place", "desc")
        .limit(1)
        .executeTakeFirst();
      return last?.place == null ? 0 : last.place + 1;
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
