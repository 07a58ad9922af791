/** How long a lease lasts by the database's clock since its last renewal. Another holder may take it afterwards. */
export const leaseMs = 6_000;

/**
 * What expires later than that was renewed before the database's clock was set back: nobody renews it any more, or it would have
 * been put right. Twice as long, as it is read after the time is.
 */
export const longestLeaseMs = 2 * leaseMs;

/** How often a process renews all of its leases together. */
export const renewEveryMs = 2_000;

/** How soon a renewal that has failed is tried again: several times before its leases are lost. */
export const retryEveryMs = 500;

/**
 * A holder takes a lease for lost after this time by its own monotonic clock, counted from the sending of the last renewal that was
 * confirmed: two thirds of its life, so that clocks may run a third apart.
 */
export const lostAfterMs = 4_000;

/** A database that takes longer to answer may have kept others from renewing: it is not said of them that they are late. */
export const promptMs = 2_000;

/** How often those who wait for leases look whether one is to be had. */
export const lookEveryMs = 1_000;

/** A released or expired row is kept this long. The table has a row for each name that was held within that time. */
export const keptMs = 24 * 60 * 60 * 1_000;

/** How often a process that uses leases deletes rows that were kept for that long. */
export const purgeEveryMs = 60 * 60 * 1_000;
