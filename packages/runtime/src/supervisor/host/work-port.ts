import type { JournalListing, WorkHolder } from "../../recovery/index.ts";

/** The work journal of a host's database, as an operator sees it. */
export interface WorkPort extends Pick<JournalListing, "page"> {
  /**
   * Addresses of managers of these kinds that have registered in the database, and at which nobody lives: no manager of this host,
   * and none that is heard of. None where nobody could be heard.
   *
   * @param here what this host runs
   */
  deserted(kinds: readonly string[], here: readonly WorkHolder[]): Promise<readonly WorkHolder[]>;
}
